#include "simulate/scenario.hpp"

#include "simulate/words.hpp"

namespace tally::simulate {

namespace {

constexpr std::size_t lines_max = 10'000;

std::string quoted(std::string_view text) {
    return "'" + std::string(text.substr(0, 100)) + "'";
}

/// The first word of `rest`, taken from it.
std::string_view take_word(std::string_view& rest) {
    const std::vector<std::string_view> words = words_of(rest);
    if (words.empty()) {
        rest = {};
        return {};
    }
    rest.remove_prefix(static_cast<std::size_t>(words[0].data() - rest.data()) + words[0].size());
    return words[0];
}

Result<std::vector<Trouble>> parse_choice(std::string_view rest) {
    std::vector<Trouble> choice;
    while (!words_of(rest).empty()) {
        const std::size_t end = std::min(rest.find(" | "), rest.size());
        Result<Trouble> trouble = parse_trouble(rest.substr(0, end));
        if (!trouble) {
            return trouble.error();
        }
        choice.push_back(std::move(*trouble));
        rest.remove_prefix(std::min(end + 3, rest.size()));
    }
    return choice;
}

}  // namespace

Result<Scenario> Scenario::parse(std::string_view text, std::uint64_t seed) {
    Scenario scenario(seed);
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        line = line.substr(0, line.find('#'));
        if (words_of(line).empty()) {
            continue;
        }
        const Result<void> added = scenario.add(line);
        if (!added) {
            return Error{"line " + std::to_string(number) + ": " + added.error().what};
        }
    }
    if (scenario.lines_.empty()) {
        return Error{"line 1: a scenario needs a line"};
    }
    return scenario;
}

Result<void> Scenario::add(std::string_view text) {
    if (!lines_.empty() && lines_.back().when == When::repeat) {
        return Error{"nothing can follow repeat"};
    }
    if (lines_.size() >= lines_max) {
        return Error{"too many lines"};
    }
    Result<Line> line = parse_line(text);
    if (!line) {
        return line.error();
    }
    if (line->when == When::repeat && !waits()) {
        return Error{"what is repeated needs a line with 'after' or 'wait attach'"};
    }
    lines_.push_back(std::move(*line));
    return {};
}

/// Without a line that takes time, a repetition would never end.
bool Scenario::waits() const {
    for (const Line& line : lines_) {
        if (line.when == When::attach || line.least.count() > 0) {
            return true;
        }
    }
    return false;
}

Result<Scenario::Line> Scenario::parse_line(std::string_view rest) {
    Line line;
    const std::string_view when = take_word(rest);
    if (when == "after") {
        const std::string_view wait = take_word(rest);
        const std::size_t dots = wait.find("..");
        const auto least = duration_of(wait.substr(0, dots));
        const auto most =
            dots == std::string_view::npos ? least : duration_of(wait.substr(dots + 2));
        if (!least || !most || *most < *least) {
            return Error{"needs a time like 500ms, 5s or 2s..10s, not " + quoted(wait)};
        }
        line.when = When::after;
        line.least = *least;
        line.most = *most;
    } else if (when == "at") {
        const std::string_view what = take_word(rest);
        const std::string_view count = take_word(rest);
        const auto number = number_of<std::uint64_t>(count);
        if (what != "events" || !number) {
            return Error{"needs 'at events NUMBER'"};
        }
        line.when = When::at_events;
        line.number = *number;
    } else if (when == "wait") {
        const std::string_view what = take_word(rest);
        if (what != "subscriber" && what != "attach") {
            return Error{"can wait for subscriber or attach, not " + quoted(what)};
        }
        line.when = what == "attach" ? When::attach : When::subscriber;
    } else if (when == "repeat") {
        const std::string_view times = take_word(rest);
        const auto number = number_of<std::uint64_t>(times);
        if ((!times.empty() && (!number || *number == 0)) || !words_of(rest).empty()) {
            return Error{"needs 'repeat' or 'repeat TIMES'"};
        }
        line.when = When::repeat;
        line.number = number.value_or(0);
        return line;
    } else if (when != "now") {
        return Error{"needs now, after, at, wait or repeat, not " + quoted(when)};
    }
    Result<std::vector<Trouble>> choice = parse_choice(rest);
    if (!choice) {
        return choice.error();
    }
    line.choice = std::move(*choice);
    return line;
}

void Scenario::begin(const Now& now) {
    begun_ = true;
    const Line& line = lines_[next_];
    due_.reset();
    if (line.when == When::after) {
        due_ = now.time +
               std::chrono::milliseconds(random_.between(line.least.count(), line.most.count()));
    }
}

bool Scenario::reached(const Line& line, const Now& now) const {
    switch (line.when) {
        case When::now:
        case When::repeat:
            return true;
        case When::after:
            return now.time >= *due_;
        case When::at_events:
            return now.events >= line.number;
        case When::subscriber:
            return now.streams > 0;
        case When::attach:
            return now.attached > attached_before_;
    }
    return false;
}

void Scenario::go_on(const Line& line) {
    begun_ = false;
    due_.reset();
    if (line.when == When::repeat && (line.number == 0 || ++rounds_ < line.number)) {
        next_ = 0;
        return;
    }
    ++next_;
}

std::optional<Trouble> Scenario::step(const Now& now) {
    while (!ended()) {
        if (!begun_) {
            begin(now);
        }
        const Line& line = lines_[next_];
        if (!reached(line, now)) {
            return std::nullopt;
        }
        attached_before_ = now.attached;
        go_on(line);
        if (!line.choice.empty()) {
            return line.choice[random_.below(static_cast<std::uint32_t>(line.choice.size()))];
        }
    }
    return std::nullopt;
}

}  // namespace tally::simulate
