#include "simulate/trouble.hpp"

#include <algorithm>

#include "simulate/trouble_kinds.hpp"
#include "simulate/words.hpp"
#include "tally/base/assert.hpp"

namespace tally::simulate {

namespace {

constexpr std::uint64_t bytes_max = 64 << 20;
constexpr std::uint64_t events_max = 100'000;
constexpr std::uint32_t hops_max = 100;

bool one_of(std::string_view value, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), value) != words.end();
}

template <class Target, class Number>
bool set_number(Target& target, std::string_view value, Number low, Number high) {
    const auto number = number_of<Number>(value);
    if (!number || !(*number >= low && *number <= high)) {  // not a number neither
        return false;
    }
    target = static_cast<Number>(*number);
    return true;
}

template <class Target>
bool set_duration(Target& target, std::string_view value) {
    const auto length = duration_of(value);
    if (length) {
        target = *length;
    }
    return length.has_value();
}

bool set_word(
    std::string& target, std::string_view value, std::initializer_list<std::string_view> words
) {
    target = value;
    return one_of(value, words);
}

bool set_which(Trouble& trouble, std::string_view value) {
    trouble.which = value == "open"     ? Trouble::Which::open
                    : value == "coming" ? Trouble::Which::coming
                                        : Trouble::Which::all;
    return one_of(value, {"open", "coming", "all"});
}

/// A URL goes into a head as it is: no blanks, no ends of lines.
bool set_target(Trouble& trouble, std::string_view value) {
    trouble.to = value;
    return !value.empty() && value.size() < 2048 &&
           std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c != '\x7f'; });
}

bool set(Trouble& trouble, std::string_view name, std::string_view value) {
    constexpr std::uint64_t count_max = 1'000'000'000;
    if (name == "count") {
        return set_number<std::optional<std::uint64_t>, std::uint64_t>(
            trouble.count, value, 1, count_max
        );
    }
    if (name == "for") {
        return set_duration(trouble.length, value);
    }
    if (name == "which") {
        return set_which(trouble, value);
    }
    if (name == "events") {
        return set_number<std::uint64_t, std::uint64_t>(trouble.events, value, 0, events_max);
    }
    if (name == "bytes") {
        return set_number<std::uint64_t, std::uint64_t>(trouble.bytes, value, 0, bytes_max);
    }
    if (name == "share") {
        return set_number(trouble.share, value, 0.0, 1.0);
    }
    if (name == "every") {
        return set_duration(trouble.every, value);
    }
    if (name == "delay") {
        return set_duration(trouble.delay, value);
    }
    if (name == "status") {
        return set_number(trouble.status, value, 300, 599);
    }
    if (name == "hops") {
        return set_number<std::uint32_t, std::uint32_t>(trouble.hops, value, 0, hops_max);
    }
    if (name == "ready_after") {
        return set_number<std::uint32_t, std::uint32_t>(trouble.ready_after, value, 0, 1000);
    }
    if (name == "at") {
        return set_word(trouble.at, value, {"body", "utf8", "crlf", "blank"});
    }
    if (name == "how") {
        return set_word(trouble.how, value, {"close", "rst"});
    }
    if (name == "path") {
        return set_word(trouble.path, value, {"apps", "tasks", "deployments", "pods", "info"});
    }
    if (name == "to") {
        return set_target(trouble, value);
    }
    trouble.id = value;
    return name == "id" && value.size() < 200;
}

bool has(const KindRow& row, std::string_view argument) {
    const std::vector<std::string_view> words = words_of(row.defaults);
    return std::any_of(words.begin(), words.end(), [argument](std::string_view word) {
        return word.substr(0, word.find('=')) == argument;
    });
}

void set_defaults(Trouble& trouble, const KindRow& row) {
    for (const std::string_view word : words_of(row.defaults)) {
        const std::size_t equals = word.find('=');
        if (equals != std::string_view::npos) {
            TALLY_ASSERT(set(trouble, word.substr(0, equals), word.substr(equals + 1)));
        }
    }
}

}  // namespace

std::string_view name_of(TroubleKind kind) {
    return kind_rows[static_cast<std::size_t>(kind)].name;
}

Trouble default_trouble(TroubleKind kind) {
    Trouble trouble;
    trouble.kind = kind;
    trouble.text = name_of(kind);
    set_defaults(trouble, kind_rows[static_cast<std::size_t>(kind)]);
    return trouble;
}

Result<Trouble> make_trouble(std::string_view kind, const Arguments& arguments) {
    const auto row = std::find_if(kind_rows.begin(), kind_rows.end(), [kind](const KindRow& r) {
        return r.name == kind;
    });
    if (row == kind_rows.end()) {
        return Error{"there is no fault '" + std::string(kind.substr(0, 100)) + "'"};
    }
    Trouble trouble = default_trouble(row->kind);
    for (const auto& [name, value] : arguments) {
        const std::string argument = name.substr(0, 100) + "=" + value.substr(0, 100);
        if (!has(*row, name)) {
            return Error{std::string(kind) + " takes no " + argument};
        }
        const bool needs_number = row->kind == TroubleKind::leader_change && name == "to";
        if (!set(trouble, name, value) || (needs_number && !number_of<std::uint32_t>(value))) {
            return Error{std::string(kind) + ": cannot use " + argument};
        }
        trouble.text += " " + argument;
    }
    return trouble;
}

Result<Trouble> parse_trouble(std::string_view line) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.empty()) {
        return Error{"a fault is missing"};
    }
    Arguments arguments;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::size_t equals = words[i].find('=');
        if (equals == std::string_view::npos) {
            return Error{"needs name=value, not '" + std::string(words[i].substr(0, 100)) + "'"};
        }
        arguments.emplace_back(words[i].substr(0, equals), words[i].substr(equals + 1));
    }
    return make_trouble(words[0], arguments);
}

std::string describe_troubles() {
    std::string out;
    for (const KindRow& row : kind_rows) {
        out += "  ";
        out += row.name;
        if (!row.defaults.empty()) {
            out += " ";
            out += row.defaults;
        }
        out += "\n      ";
        out += row.help;
        out += "\n";
    }
    return out;
}

}  // namespace tally::simulate
