#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tally/base/result.hpp"

namespace tally::connect {

/// A file opened for reading from beginning to end, or stdin. Owns its descriptor (not stdin's).
class InputFile {
  public:
    /// "-" is stdin. An error if it cannot be opened or is a folder.
    [[nodiscard]] static Result<InputFile> open(const std::string& path);
    InputFile(InputFile&& other) noexcept;
    InputFile& operator=(InputFile&& other) noexcept;
    ~InputFile();

    /// At least one byte, 0 at the end, or an error that names the file.
    [[nodiscard]] Result<std::size_t> read(std::span<char> bytes);

    /// The length when it was opened; 0 for a pipe.
    [[nodiscard]] std::uint64_t length() const { return length_; }

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    InputFile(std::string path, int descriptor, std::uint64_t length);

    std::string path_;
    int descriptor_;  // -1: moved from
    std::uint64_t length_;
};

}  // namespace tally::connect
