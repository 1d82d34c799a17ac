#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace tally::test {

/// A folder of its own for one test, removed with it.
class Scratch {
  public:
    Scratch() {
        std::string path = (std::filesystem::temp_directory_path() / "tally-test-XXXXXX").string();
        folder_ = ::mkdtemp(path.data());
    }
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return (folder_ / name).string(); }

  private:
    std::filesystem::path folder_;
};

}  // namespace tally::test
