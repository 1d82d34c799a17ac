#include "simulate/disorder.hpp"

#include <algorithm>

namespace tally::simulate {

namespace {

constexpr std::uint32_t late_max = 20;

}  // namespace

Disorder::Disorder(const Shape& shape, Outlet& next)
    : least_{.duplicates = shape.duplicates, .reorder = shape.reorder, .bad = shape.bad},
      shares_(least_),
      next_(next),
      random_(shape.seed ^ 0x5bd1e995),
      malformed_(random_) {}

void Disorder::put(const Said& said, std::string_view body, std::string_view light) {
    if (shares_.reorder > 0 && random_.chance(shares_.reorder)) {
        held_.push_back({said, std::string(body), std::string(light), 1 + random_.below(late_max)});
        return;
    }
    next_.put(said, body, light);
    if (shares_.duplicates > 0 && random_.chance(shares_.duplicates)) {
        next_.put(said, body, light);
    }
    if (shares_.bad > 0 && random_.chance(shares_.bad)) {
        const Said no_event = malformed_.make(said.time, body);
        next_.put(no_event, malformed_.body(), {});
    }
    if (!held_.empty()) {
        release_due();
    }
}

void Disorder::release_due() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < held_.size(); ++i) {
        if (--held_[i].events_to_wait == 0) {
            next_.put(held_[i].said, held_[i].body, held_[i].light);
            continue;
        }
        if (kept != i) {
            held_[kept] = std::move(held_[i]);
        }
        ++kept;
    }
    held_.resize(kept);
}

void Disorder::worsen(double duplicates, double reorder, double bad) {
    shares_ = {
        .duplicates = std::max(least_.duplicates, duplicates),
        .reorder = std::max(least_.reorder, reorder),
        .bad = std::max(least_.bad, bad)};
}

void Disorder::flush() {
    for (const Held& held : held_) {
        next_.put(held.said, held.body, held.light);
    }
    held_.clear();
}

}  // namespace tally::simulate
