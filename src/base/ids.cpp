#include "tally/base/ids.hpp"

#include <algorithm>

namespace tally::ids {

namespace {

constexpr std::string_view instance_prefix = "instance-";
constexpr std::string_view marathon_prefix = "marathon-";

bool is_number(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool has(std::string_view text, char c) {
    return text.find(c) != std::string_view::npos;
}

bool is_separator(char c) {
    return c == '.' || c == '_';
}

// Loops of our own: find_first_of() calls memchr for every character, a tenth of a whole replay.

std::size_t first_separator(std::string_view text) {
    const auto found = std::find_if(text.begin(), text.end(), is_separator);
    return found == text.end() ? std::string_view::npos
                               : static_cast<std::size_t>(found - text.begin());
}

std::size_t last_separator(std::string_view text) {
    std::size_t at = text.size();
    while (at > 0 && !is_separator(text[at - 1])) {
        --at;
    }
    return at == 0 ? std::string_view::npos : at - 1;
}

/// Forms (1) to (3) of protocol.md c and the one of semantics.md section 3 between (3) and (4): the
/// last
/// ".instance-" or ".marathon-" that leaves a legal rest. Greedy `^(.+)\.` means: try from the
/// right.
Parsed parse_prefixed(std::string_view id) {
    struct Cut {
        std::size_t dot;
        std::string_view prefix;
        std::string_view rest;  // behind the prefix
    };

    // No form but the last looks further back than `cuts_max` dots, so a hostile id costs linear
    // time.
    const auto each_cut = [id](std::size_t cuts_max, auto&& matches) -> Parsed {
        std::size_t dot = id.rfind('.');
        for (std::size_t cut = 0; cut < cuts_max && dot != std::string_view::npos && dot > 0;
             ++cut) {
            for (const std::string_view prefix : {instance_prefix, marathon_prefix}) {
                if (id.substr(dot + 1).starts_with(prefix)) {
                    const Parsed parsed =
                        matches(Cut{dot, prefix, id.substr(dot + 1 + prefix.size())});
                    if (parsed.form != Parsed::Form::none) {
                        return parsed;
                    }
                }
            }
            dot = id.rfind('.', dot - 1);
        }
        return {};
    };
    const auto found = [id](const Cut& cut, std::string_view uuid, Parsed::Form form) {
        return Parsed{
            .safe_app = id.substr(0, cut.dot), .form = form, .prefix = cut.prefix, .uuid = uuid};
    };
    // `[^_.]+[._]` then a container without dots, then, in (1), an incarnation.
    const auto task = [&found](const Cut& cut, bool incarnation, bool any_container) -> Parsed {
        const std::size_t uuid_end = first_separator(cut.rest);
        if (uuid_end == std::string_view::npos || uuid_end == 0) {
            return {};
        }
        std::string_view container = cut.rest.substr(uuid_end + 1);
        if (incarnation) {
            const std::size_t dot = container.rfind('.');
            if (dot == std::string_view::npos || !is_number(container.substr(dot + 1))) {
                return {};
            }
            container = container.substr(0, dot);
        }
        if (container.empty() || (!any_container && has(container, '.'))) {
            return {};
        }
        return found(cut, cut.rest.substr(0, uuid_end), Parsed::Form::task_of_instance);
    };
    for (const bool incarnation : {true, false}) {
        const Parsed parsed = each_cut(incarnation ? 3 : 2, [&](const Cut& cut) {
            return task(cut, incarnation, false);
        });
        if (parsed.form != Parsed::Form::none) {
            return parsed;
        }
    }
    const Parsed instance = each_cut(1, [&found](const Cut& cut) -> Parsed {
        return cut.rest.empty() || has(cut.rest, '.')
                   ? Parsed{}
                   : found(cut, cut.rest, Parsed::Form::instance);
    });
    if (instance.form != Parsed::Form::none) {
        return instance;
    }
    return each_cut(id.size(), [&](const Cut& cut) { return task(cut, false, true); });
}

/// Forms (4) and (5): safe, a dot or underscore, an id without either, perhaps an attempt.
Parsed parse_legacy(std::string_view id) {
    const auto split = [](std::string_view text) -> Parsed {
        const std::size_t at = last_separator(text);
        if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) {
            return {};
        }
        return {
            .safe_app = text.substr(0, at),
            .form = Parsed::Form::legacy_task,
            .prefix = {},
            .uuid = text.substr(at + 1)};
    };
    const std::size_t dot = id.rfind('.');
    if (dot != std::string_view::npos && is_number(id.substr(dot + 1))) {
        const Parsed with_attempt = split(id.substr(0, dot));
        if (with_attempt.form != Parsed::Form::none) {
            return with_attempt;
        }
    }
    return split(id);
}

/// An instance, or a task of one with an incarnation, as Marathon 1.5 and later write nearly all ids: what
/// parse_prefixed() finds in them, found by a look at their last three dots. Form none: it must be asked.
Parsed parse_usual(std::string_view id) {
    const auto dot_before = [id](std::size_t end) {
        while (end > 0 && id[end - 1] != '.') {
            --end;
        }
        return end;  // behind the dot
    };
    const auto parsed = [id](std::size_t rest, std::string_view uuid, Parsed::Form form) {
        return Parsed{
            .safe_app = id.substr(0, rest - 1),
            .form = form,
            .prefix = id.substr(rest, instance_prefix.size()),
            .uuid = uuid};
    };
    const auto is_prefixed = [id](std::size_t rest) {
        return rest > 1 && (id.substr(rest).starts_with(instance_prefix) ||
                            id.substr(rest).starts_with(marathon_prefix));
    };
    static_assert(instance_prefix.size() == marathon_prefix.size());
    const std::size_t last = dot_before(id.size());
    if (is_prefixed(last)) {
        // Behind another prefix it may be a container.
        const std::string_view uuid = id.substr(last + instance_prefix.size());
        return uuid.empty() || has(uuid, '_') || is_prefixed(dot_before(last - 1))
                   ? Parsed{}
                   : parsed(last, uuid, Parsed::Form::instance);
    }
    if (last < 2 || !is_number(id.substr(last))) {
        return {};
    }
    const std::size_t container = dot_before(last - 1);
    if (container < 2 || container == last - 1 || is_prefixed(container)) {
        return {};
    }
    const std::size_t rest = dot_before(container - 1);
    if (!is_prefixed(rest)) {
        return {};
    }
    const std::size_t uuid = rest + instance_prefix.size();
    const std::string_view text = id.substr(uuid, container - 1 - uuid);
    return text.empty() || has(text, '_') ? Parsed{}
                                          : parsed(rest, text, Parsed::Form::task_of_instance);
}

}  // namespace

Parsed parse(std::string_view id) {
    const Parsed usual = parse_usual(id);
    if (usual.form != Parsed::Form::none) {
        return usual;
    }
    const Parsed prefixed = parse_prefixed(id);
    return prefixed.form != Parsed::Form::none ? prefixed : parse_legacy(id);
}

std::string app_of(std::string_view id) {
    const Parsed parsed = parse(id);
    if (parsed.form == Parsed::Form::none) {
        return {};
    }
    std::string app = "/";
    app += parsed.safe_app;
    std::replace(app.begin() + 1, app.end(), '_', '/');
    return app;
}

std::string instance_of(std::string_view id) {
    return instance_of(id, parse(id));
}

std::string instance_of(std::string_view id, Parsed parsed) {
    if (parsed.form == Parsed::Form::legacy_task) {
        std::string instance(parsed.safe_app);
        instance += '.';
        instance += marathon_prefix;
        instance += parsed.uuid;
        return has(parsed.safe_app, '.') ? instance_of(instance) : instance;
    }
    // Where a segment of the app looks like an instance, so does what is left without the
    // container: it is cut until nothing is, so that an instance is its own whatever was heard
    // first. What is left begins the id and ends with its UUID.
    while (parsed.form == Parsed::Form::task_of_instance) {
        id = id.substr(
            0, static_cast<std::size_t>(parsed.uuid.data() - id.data()) + parsed.uuid.size()
        );
        if (!has(parsed.safe_app, '.')) {
            break;
        }
        parsed = parse(id);
    }
    return std::string(id);
}

std::string_view instance_within(std::string_view id, const Parsed& parsed) {
    const bool is_within = parsed.form == Parsed::Form::task_of_instance && !has(parsed.safe_app, '.');
    return is_within ? id.substr(0, static_cast<std::size_t>(parsed.uuid.data() - id.data()) + parsed.uuid.size())
                     : std::string_view{};
}

}  // namespace tally::ids
