#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "tally/connect/bom_skipper.hpp"
#include "tally/connect/recording.hpp"

namespace tally::connect {

/// Decides SSE or NDJSON by how the first non-blank line (behind a BOM) begins. Holds a dozen bytes
/// at most, however many blank lines there are and however the bytes are cut. Pure.
class FormatGuess {
  public:
    /// Takes bytes until it is sure; how many it took. Not to be called any more once decided()
    /// holds something.
    [[nodiscard]] std::size_t take(std::string_view bytes);

    /// Format::sse or Format::ndjson; nothing while that is open.
    [[nodiscard]] std::optional<Format> decided() const { return decided_; }

    /// What a reader must be fed in place of the bytes taken: the same but for blanks.
    [[nodiscard]] std::string held() const;

  private:
    void look_at(char c);
    void compare();

    BomSkipper bom_;
    std::string bom_held_;
    std::string line_;  // the beginning of the line, unless it began with a blank
    bool blanks_dropped_ = false;
    bool after_blank_ = false;  // this line began with blanks: an SSE line does not
    std::optional<Format> decided_;
};

}  // namespace tally::connect
