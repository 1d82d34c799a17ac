#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tally::report {

/// Texts one behind the other, each with its number. Behind the last one there is room to read on.
class Texts {
  public:
    /// Bytes behind the end of any text that may be read.
    static constexpr std::size_t read_ahead = 32;

    /// Adds `text` and returns its number.
    std::uint32_t add(std::string_view text);

    [[nodiscard]] std::string_view operator[](std::size_t number) const {
        return {bytes_.data() + begins_[number], begins_[number + 1] - begins_[number]};
    }

    [[nodiscard]] std::size_t size() const { return begins_.size() - 1; }

    [[nodiscard]] std::size_t size_max() const { return size_max_; }

    [[nodiscard]] std::size_t memory() const;

  private:
    std::string bytes_ = std::string(read_ahead, '\0');
    std::vector<std::size_t> begins_{0};
    std::size_t size_max_ = 0;
};

}  // namespace tally::report
