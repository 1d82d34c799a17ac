#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/gzip_writer.hpp"
#include "tally/report/exposition.hpp"

namespace tally::report {

/// Text on its way out: it is put together in a piece of memory that stays in the cache, and handed
/// on, perhaps packed, whenever that is full. Thread: one.
class Page {
  public:
    /// `reserve`: a guess at the size of the whole as it goes out.
    Page(Packing packing, std::size_t reserve);

    /// A place for `size` bytes, to be written and then told by advance_to().
    [[nodiscard]] char* room(std::size_t size) {
        if (static_cast<std::size_t>(end_ - at_) < size) {
            hand_on(size);
        }
        return at_;
    }

    void advance_to(char* end) { at_ = end; }

    void append(std::string_view text) {
        at_ = std::copy(text.begin(), text.end(), room(text.size()));
    }

    /// How many bytes were written so far, packed or not.
    [[nodiscard]] std::size_t size() const {
        return handed_on_ + static_cast<std::size_t>(at_ - piece_.data());
    }

    /// All that was written is handed on.
    [[nodiscard]] bool is_empty() const { return at_ == piece_.data(); }

    [[nodiscard]] bool packs() const { return packer_.has_value(); }

    /// Tells a packing page that what will stand from `at` on, not before what it has handed on and
    /// behind what it was told last, stands at `before` too. To be told before it is written.
    void repeats(std::size_t at, std::size_t size, std::size_t before) {
        if (size >= Repeat::size_min && at - before <= Repeat::distance_max) {
            repeats_.push_back({.at = at - handed_on_, .size = size, .distance = at - before});
        }
    }

    /// The whole; the page is then empty.
    [[nodiscard]] std::string finish();

  private:
    /// Afterwards there is room for `size` bytes.
    void hand_on(std::size_t size);

    std::string piece_;
    char* at_ = nullptr;
    char* end_ = nullptr;
    std::size_t handed_on_ = 0;  // bytes of text
    std::string whole_;          // unless it is packed
    std::optional<GzipWriter> packer_;
    std::vector<Repeat> repeats_;  // in this piece
};

}  // namespace tally::report
