#include "log.hpp"

#include <unistd.h>

#include <atomic>

#include <fmt/format.h>

#include "tally/base/json.hpp"
#include "tally/base/time.hpp"

namespace tally {

namespace {

std::atomic<LogLevel> least = LogLevel::info;
std::atomic<bool> as_json = false;

std::string_view name_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warn:
            return "warn";
        case LogLevel::error:
            break;
    }
    return "error";
}

std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string value_of(std::string_view text) {
    const bool plain = !text.empty() && text.find_first_of(" \"=\\") == std::string_view::npos &&
                       text.find_first_not_of(" !#$%&'()*+,-./0123456789:;<>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`"
                                              "abcdefghijklmnopqrstuvwxyz{|}~") == std::string_view::npos;
    return plain && !as_json ? std::string(text) : quoted(text);
}

}  // namespace

void Log::configure(const std::string& level, const std::string& format) {
    for (const LogLevel each : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) {
        if (name_of(each) == level) {
            least = each;
        }
    }
    as_json = format == "json";
}

void Log::write(LogLevel level, std::string_view message, std::initializer_list<Field> fields) {
    if (level < least) {
        return;
    }
    const auto field = [](std::string_view key, std::string_view value) {
        return as_json ? fmt::format("{}:{}", quoted(key), value_of(value)) : fmt::format("{}={}", key, value_of(value));
    };
    const std::string_view between = as_json ? "," : " ";
    std::string line = field("ts", format_timestamp(wall_now()));
    line += fmt::format("{}{}{}{}", between, field("level", name_of(level)), between, field("msg", message));
    for (const auto& [key, value] : fields) {
        line += fmt::format("{}{}", between, field(key, value));
    }
    line = as_json ? "{" + line + "}\n" : line + "\n";
    // One write: lines of several threads do not mix.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace tally
