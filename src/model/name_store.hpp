#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace tally::model {

/// Short texts that come and go, each under a handle of 4 bytes; a text costs its size, 2 bytes, and what
/// is missing to a multiple of 8. Room that became free is used again for texts of its size.
class NameStore {
  public:
    using Handle = std::uint32_t;
    static constexpr Handle none = 0xFFFFFFFF;

    [[nodiscard]] Handle keep(std::string_view text);

    /// Lives until it is dropped.
    [[nodiscard]] std::string_view operator[](Handle handle) const;

    void drop(Handle handle);

  private:
    static constexpr std::size_t unit = 8;
    static constexpr std::size_t block_units = 8192;
    static constexpr std::size_t small_max = 510;  ///< what is longer has an allocation of its own

    struct Large {
        std::unique_ptr<char[]> bytes;
        std::size_t size = 0;
    };

    [[nodiscard]] char* at(Handle handle) const {
        return blocks_[handle / block_units].get() + handle % block_units * unit;
    }

    [[nodiscard]] Handle room_for(std::size_t units);
    [[nodiscard]] Handle keep_large(std::string_view text);

    std::vector<std::unique_ptr<char[]>> blocks_;
    std::size_t used_ = 0;      ///< units, of all blocks
    std::vector<Handle> free_;  ///< by units: the first free room, which holds the handle of the next
    std::vector<Large> large_;  ///< by what a small text that stands for it says
    std::vector<std::uint32_t> free_large_;
};

}  // namespace tally::model
