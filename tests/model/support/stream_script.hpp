#pragma once

#include <string>
#include <vector>

#include "model/support/story.hpp"

namespace tally::model {

/// What the daemon says of a stream, in short. Times are those of said::at().
namespace marks {

using namespace said;
using Ms = std::chrono::milliseconds;

inline Mark started(Ms when) {
    return {.kind = Mark::Kind::started, .time = at(when)};
}

inline Mark attached(Ms when, std::uint64_t connection = 1, std::string url = "http://one:8080") {
    return {
        .kind = Mark::Kind::attached,
        .time = at(when),
        .connection = connection,
        .url = std::move(url)};
}

inline Mark alive(Ms when, std::uint64_t bytes = 0) {
    return {.kind = Mark::Kind::alive, .time = at(when), .bytes = bytes};
}

inline Mark ended(Ms when, std::string cause = "closed", std::uint64_t bytes = 0) {
    return {.kind = Mark::Kind::ended, .time = at(when), .bytes = bytes, .cause = std::move(cause)};
}

inline Mark failed(Ms when, std::string cause, std::string detail = {}) {
    return {
        .kind = Mark::Kind::failed,
        .time = at(when),
        .cause = std::move(cause),
        .detail = std::move(detail)};
}

inline Mark attempt(Ms when, std::string cause) {
    return {.kind = Mark::Kind::attempt, .time = at(when), .cause = std::move(cause)};
}

inline Mark stopped(Ms when, std::string cause = "shutdown") {
    return {.kind = Mark::Kind::stopped, .time = at(when), .cause = std::move(cause)};
}

inline Mark shed(Ms from, Ms to, std::int64_t lost, std::string cause = "disk") {
    return {
        .kind = Mark::Kind::shed,
        .time = at(to),
        .from = at(from),
        .lost = lost,
        .cause = std::move(cause)};
}

inline Mark reconciled(
    Ms when, std::string cause = "ok", std::vector<Difference> differences = {}
) {
    return {
        .kind = Mark::Kind::reconciled,
        .time = at(when),
        .cause = std::move(cause),
        .differences = std::move(differences)};
}

}  // namespace marks

/// Tests about the life of a stream.
class StreamStory : public StoryTest {
  protected:
    template <class... Marks>
    void mark_all(const Marks&... told) {
        (mark(told), ...);
    }

    /// `1: 0-10000 closed`, in milliseconds; an open one has no end but the last byte: `1: 0-10000
    /// open`.
    std::vector<std::string> sessions() {
        std::vector<std::string> lines;
        for (const auto& [number, row] : ledger().sessions) {
            lines.push_back(
                std::to_string(number) + ": " +
                span(row.start, row.end == no_time ? row.last : row.end) + " " +
                (row.end == no_time ? "open" : std::string(row.cause))
            );
        }
        return lines;
    }

    /// `1: 10000-12000 closed, 2 failed: refused`, ` lost 3`, ` inferred 4`.
    std::vector<std::string> gaps() {
        std::vector<std::string> lines;
        for (const auto& [number, row] : ledger().gaps) {
            std::string line = std::to_string(number) + ": " + span(row.start, row.end) + " " +
                               std::string(row.cause);
            line += row.attempts == 0 ? ""
                                      : ", " + std::to_string(row.attempts) +
                                            " failed: " + std::string(row.last_error);
            line += row.lost < 0 ? "" : " lost " + std::to_string(row.lost);
            line += row.reconciled ? " inferred " + std::to_string(row.inferred) : "";
            lines.push_back(line);
        }
        return lines;
    }

    /// Of a counter without labels beside source; of what never was, 0.
    std::int64_t counted(Family family, std::string_view a = {}) {
        cut();
        return std::max<std::int64_t>(0, number(family, {.a = a}));
    }

    static std::string span(TimeMs from, TimeMs to) {
        return std::to_string(from - said::start) + "-" +
               (to == no_time ? "" : std::to_string(to - said::start));
    }
};

}  // namespace tally::model
