#pragma once

#include <cstddef>
#include <string_view>

namespace tally::connect {

/// Takes one UTF-8 byte order mark off the front of a stream that may be cut anywhere. Pure.
class BomSkipper {
  public:
    static constexpr std::string_view bom = "\xEF\xBB\xBF";

    struct Rest {
        std::string_view
            literal;  ///< bytes of earlier calls that look like a BOM's beginning but are text
        std::string_view bytes;  ///< what of these bytes is text
    };

    [[nodiscard]] Rest take(std::string_view bytes) {
        if (matched_ == bom.size()) {
            return {{}, bytes};
        }
        std::size_t taken = 0;
        while (taken < bytes.size() && matched_ < bom.size()) {
            if (bytes[taken] != bom[matched_]) {
                const auto before = bom.substr(0, matched_);
                matched_ = bom.size();
                return {before, bytes.substr(taken)};
            }
            ++matched_;
            ++taken;
        }
        return {{}, bytes.substr(taken)};
    }

    /// Text that is held back because the stream may still become a BOM: literal if it ends here.
    [[nodiscard]] std::string_view unfinished() const {
        return matched_ == bom.size() ? std::string_view() : bom.substr(0, matched_);
    }

  private:
    std::size_t matched_ = 0;  // bom.size(): decided
};

}  // namespace tally::connect
