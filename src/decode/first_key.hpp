#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <string_view>

namespace tally::decode {

/// Which of the keys that we read an object's next key is. Of equal keys the first counts
/// (semantics: "Fields"), so each is found once. One for each object.
template <std::size_t size>
class FirstKey {
  public:
    /// `names` must outlive it.
    explicit FirstKey(const std::array<std::string_view, size>& names) : names_(names) {}

    /// The index among the names; `size` for every other key, and for one that was there before.
    std::size_t operator()(std::string_view key) {
        std::size_t i = 0;
        while (i < size && names_[i] != key) {
            ++i;
        }
        if (i == size || met_[i]) {
            return size;
        }
        met_[i] = true;
        return i;
    }

  private:
    const std::array<std::string_view, size>& names_;
    std::bitset<size> met_;
};

}  // namespace tally::decode
