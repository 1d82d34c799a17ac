#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

namespace tally::yaml {

// How a settings file is read: a section is a table of names, each with what is done to its value. `name` is the
// setting's whole name, for messages; these do not show values that may be secrets.

/// Thrown while a file is read, and caught by read_config_file: what is wrong at a place of the file.
struct Fault {
    YAML::Mark mark;
    std::string what;
};

using Setter = std::function<void(const YAML::Node&, const std::string& name)>;
using Section = std::map<std::string, Setter>;

/// Unknown names and names that come twice are faults.
void read_section(const YAML::Node& node, const std::string& prefix, const Section& section);

/// Puts a function in front of a section: `{"web", nested({...})}`.
[[nodiscard]] Setter nested(Section section);

/// Any text in one piece.
[[nodiscard]] std::string scalar(const YAML::Node& node, std::string_view name);
/// The same, of one byte at least.
[[nodiscard]] std::string some_text(const YAML::Node& node, std::string_view name);
[[nodiscard]] std::string one_of(
    const YAML::Node& node, std::string_view name, const std::vector<std::string>& allowed
);
[[nodiscard]] bool boolean(const YAML::Node& node, std::string_view name);
[[nodiscard]] std::size_t count(const YAML::Node& node, std::string_view name, std::size_t least);
/// Above 0.
[[nodiscard]] double number(const YAML::Node& node, std::string_view name);
/// `5s`, `250ms`, `2m`, `1h`.
[[nodiscard]] std::chrono::milliseconds duration(const YAML::Node& node, std::string_view name);
/// A list, or one value for a list of one.
[[nodiscard]] std::vector<std::string> list(const YAML::Node& node, std::string_view name);
/// Seconds, ascending; as milliseconds.
[[nodiscard]] std::vector<std::int64_t> buckets(const YAML::Node& node, std::string_view name);

/// A setter that puts what `reader(node, name)` makes of the value into `target`, which must outlive it.
template <class Target, class Reader>
[[nodiscard]] Setter set(Target& target, Reader reader) {
    return [&target, reader](const YAML::Node& node, const std::string& name) { target = reader(node, name); };
}

}  // namespace tally::yaml
