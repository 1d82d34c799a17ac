#include "report/texts.hpp"

#include <algorithm>
#include <limits>

#include "tally/base/assert.hpp"

namespace tally::report {

std::uint32_t Texts::add(std::string_view text) {
    TALLY_ASSERT(size() < std::numeric_limits<std::uint32_t>::max());
    bytes_.resize(begins_.back());
    bytes_.append(text).append(read_ahead, '\0');
    begins_.push_back(begins_.back() + text.size());
    size_max_ = std::max(size_max_, text.size());
    return static_cast<std::uint32_t>(size() - 1);
}

std::size_t Texts::memory() const {
    return bytes_.capacity() + begins_.capacity() * sizeof(begins_[0]);
}

}  // namespace tally::report
