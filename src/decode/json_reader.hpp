#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "decode/json_fault.hpp"

namespace tally::decode {

/// Reads one JSON text from front to back, with no index and no tree: its memory is the text itself
/// and the longest string that has escapes. For bodies of a hundred megabytes, where simdjson's DOM
/// would take up to 14 times the body, and its On-Demand 4 bytes for each comma while it accepts
/// faults in what is not read.
///
/// Accepts what json_fault() accepts, no more and no less; every byte is checked, also of values
/// that are stepped over.
///
/// next_member() and next_element() go on to the next value of the innermost open container. Of
/// that value text(), truth(), integer(), enter_object() and enter_list() may be asked until one
/// fits, which takes it; what no question took is stepped over. An entered container must be read
/// until next_... says that it ends. From the first fault on there is nothing more anywhere, and
/// finish() tells.
class JsonReader {
  public:
    /// `body` must outlive the reader, unchanged.
    explicit JsonReader(const std::string& body);

    /// False: the value is none.
    [[nodiscard]] bool enter_object();
    [[nodiscard]] bool enter_list();

    /// The key, valid until the next call; nothing: the object ends here.
    [[nodiscard]] std::optional<std::string_view> next_member();
    /// False: the list ends here.
    [[nodiscard]] bool next_element();

    /// Empty for every other type. Valid until the next call.
    [[nodiscard]] std::string_view text();
    [[nodiscard]] std::optional<bool> truth();
    /// Nothing for numbers with a fraction or an exponent, and beyond 64 bits, too.
    [[nodiscard]] std::optional<std::int64_t> integer();

    /// To be asked when all has been read: whether the text was JSON up to its end.
    [[nodiscard]] bool finish();

  private:
    bool fail();
    void skip_space();
    char ahead(
    );  ///< the first byte of the value to be read; NUL, which begins none, where there is none
    void step_over();
    bool step_over_scalar_or_open();
    bool open(bool is_object);
    bool close();
    bool to_member();
    bool to_element();
    bool scan_string();
    bool scan_number();
    bool scan_digits();
    bool scan_literal(std::string_view literal);
    std::string_view unescaped();

    const char* at_;
    const char* end_;
    bool failed_ = false;
    bool value_ahead_ = true;  // the cursor is before a value that nobody took
    bool fresh_ = false;    // the innermost container was just opened: no comma before what comes
    bool escaped_ = false;  // raw_ has escapes
    std::string_view raw_;  // the last string or number scanned
    std::size_t depth_ = 0;
    std::bitset<nesting_max> objects_;  // per open container: an object, or a list
    std::string unescaped_;
};

}  // namespace tally::decode
