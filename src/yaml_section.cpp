#include "yaml_section.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

namespace tally::yaml {

std::string scalar(const YAML::Node& node, std::string_view name) {
    if (!node.IsScalar()) {
        throw Fault{node.Mark(), fmt::format("{} must be a single value", name)};
    }
    return node.Scalar();
}

std::string some_text(const YAML::Node& node, std::string_view name) {
    std::string text = scalar(node, name);
    if (text.empty()) {
        throw Fault{node.Mark(), fmt::format("{} must not be empty", name)};
    }
    return text;
}

std::string one_of(const YAML::Node& node, std::string_view name, const std::vector<std::string>& allowed) {
    const std::string value = scalar(node, name);
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
        throw Fault{node.Mark(), fmt::format("{} must be one of {}, not '{}'", name, fmt::join(allowed, ", "), value)};
    }
    return value;
}

bool boolean(const YAML::Node& node, std::string_view name) {
    return one_of(node, name, {"true", "false"}) == "true";
}

std::size_t count(const YAML::Node& node, std::string_view name, std::size_t least) {
    const std::string text = scalar(node, name);
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least) {
        throw Fault{node.Mark(), fmt::format("{} must be a whole number from {}, not '{}'", name, least, text)};
    }
    return value;
}

double number(const YAML::Node& node, std::string_view name) {
    const std::string text = scalar(node, name);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value > 0) || value > 1e9) {
        throw Fault{node.Mark(), fmt::format("{} must be a number above 0, not '{}'", name, text)};
    }
    return value;
}

std::chrono::milliseconds duration(const YAML::Node& node, std::string_view name) {
    static const std::map<std::string_view, std::int64_t> units{
        {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
    const std::string text = scalar(node, name);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto unit = units.find(std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end)));
    if (error != std::errc{} || unit == units.end() || value <= 0 || value > 1'000'000) {
        throw Fault{node.Mark(), fmt::format("{} must be a duration such as 5s or 250ms, not '{}'", name, text)};
    }
    return std::chrono::milliseconds(value * unit->second);
}

std::vector<std::string> list(const YAML::Node& node, std::string_view name) {
    if (node.IsScalar()) {
        return {node.Scalar()};
    }
    if (!node.IsSequence()) {
        throw Fault{node.Mark(), fmt::format("{} must be a list", name)};
    }
    std::vector<std::string> values;
    for (const YAML::Node& item : node) {
        values.push_back(scalar(item, name));
    }
    return values;
}

std::vector<std::int64_t> buckets(const YAML::Node& node, std::string_view name) {
    if (!node.IsSequence() || node.size() == 0) {
        throw Fault{node.Mark(), fmt::format("{} must be a list of seconds", name)};
    }
    constexpr double ms_per_s = 1000;
    std::vector<std::int64_t> bounds;
    for (const YAML::Node& item : node) {
        const auto bound = static_cast<std::int64_t>(number(item, name) * ms_per_s + 0.5);
        if (bound < 1 || (!bounds.empty() && bound <= bounds.back())) {
            throw Fault{item.Mark(), fmt::format("{} must rise by 1 ms or more", name)};
        }
        bounds.push_back(bound);
    }
    return bounds;
}

void read_section(const YAML::Node& node, const std::string& prefix, const Section& section) {
    if (!node.IsMap()) {
        throw Fault{node.Mark(), fmt::format("{} must hold settings", prefix.empty() ? "the file" : prefix)};
    }
    std::set<std::string> seen;
    for (const auto& entry : node) {
        const std::string key = scalar(entry.first, "a setting's name");
        const std::string name = prefix.empty() ? key : prefix + "." + key;
        const auto setter = section.find(key);
        if (setter == section.end()) {
            throw Fault{entry.first.Mark(), fmt::format("there is no setting {}", name)};
        }
        if (!seen.insert(key).second) {
            throw Fault{entry.first.Mark(), fmt::format("{} is set twice", name)};
        }
        setter->second(entry.second, name);
    }
}

Setter nested(Section section) {
    return [section = std::move(section)](const YAML::Node& node, const std::string& name) {
        read_section(node, name, section);
    };
}

}  // namespace tally::yaml
