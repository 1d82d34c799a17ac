#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace tally {

enum class LogLevel { debug, info, warn, error };

/// Lines on stderr, as logfmt or JSON, each written at once: `ts=... level=info msg="listening" address=...`.
/// Never give it a secret. Thread: any.
class Log {
  public:
    /// `level` and `format` as in the config.
    static void configure(const std::string& level, const std::string& format);

    using Field = std::pair<std::string_view, std::string>;
    static void write(LogLevel level, std::string_view message, std::initializer_list<Field> fields = {});
};

}  // namespace tally
