#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace tally {

/// Bytes that live together and die together: keep() copies, clear() forgets all and keeps the memory
/// (up to `spare_max`) for the next round. Views stay valid until clear(). Thread: one at a time.
class Arena {
  public:
    Arena() = default;
    Arena(Arena&&) noexcept = default;
    Arena& operator=(Arena&&) noexcept = default;

    [[nodiscard]] std::string_view keep(std::string_view bytes) {
        if (bytes.empty()) {
            return {};
        }
        char* to = room_for(bytes.size());
        std::memcpy(to, bytes.data(), bytes.size());
        used_ += bytes.size();
        return {to, bytes.size()};
    }

    void clear() {
        std::size_t kept = 0;
        std::erase_if(blocks_, [&kept](const Block& block) {
            kept += block.size;
            return kept > spare_max;
        });
        block_ = 0;
        at_ = 0;
        used_ = 0;
    }

    /// Bytes kept since the last clear().
    [[nodiscard]] std::size_t used() const { return used_; }

  private:
    static constexpr std::size_t block_size = std::size_t{1} << 20;
    static constexpr std::size_t spare_max = std::size_t{20} << 20;

    struct Block {
        std::unique_ptr<char[]> bytes;
        std::size_t size;
    };

    char* room_for(std::size_t size) {
        while (block_ < blocks_.size() && blocks_[block_].size - at_ < size) {
            ++block_;
            at_ = 0;
        }
        if (block_ == blocks_.size()) {
            const std::size_t wanted = size > block_size ? size : block_size;
            blocks_.push_back({std::unique_ptr<char[]>(new char[wanted]), wanted});
        }
        char* to = blocks_[block_].bytes.get() + at_;
        at_ += size;
        return to;
    }

    std::vector<Block> blocks_;
    std::size_t block_ = 0;
    std::size_t at_ = 0;
    std::size_t used_ = 0;
};

}  // namespace tally
