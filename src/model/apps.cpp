#include "apps.hpp"

#include <algorithm>

namespace tally::model {

namespace {

constexpr TimeMs hour_ms = 3'600'000;

TimeMs hour_of(TimeMs time) {
    const TimeMs rest = time % hour_ms;
    return time - (rest < 0 ? rest + hour_ms : rest);
}

}  // namespace

Apps::Apps(SourceId source, const World::Options& options, AppId& next_app)
    : source_(source),
      max_apps_(options.max_apps),
      decided_(options.counted_as_other),
      next_app_(next_app) {
    append().name = "other";
}

App& Apps::append() {
    if (size_ % block_size == 0) {
        blocks_.push_back(std::make_unique<App[]>(block_size));
    }
    return (*this)[static_cast<Index>(size_++)];
}

Apps::Index Apps::intern(std::string_view name) {
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) {
        return found->second;
    }
    const auto index = static_cast<Index>(size_);
    App& app = append();
    app.row = next_app_++;
    app.name = name;
    const bool has_label = decided_ != nullptr
                               ? !decided_->contains(name)
                               : index <= max_apps_ && is_label_text(name) && name != "other";
    app.label = has_label ? index : 0;
    app.born = true;
    by_name_.emplace(app.name, index);
    by_row_.emplace(app.row, index);
    touch(index);
    return index;
}

void Apps::touch(Index index) {
    if (!(*this)[index].dirty) {
        (*this)[index].dirty = true;
        dirty_.push_back(index);
    }
}

AppHourDelta& Apps::hour(Index index, TimeMs time, Batch& out) {
    App& app = (*this)[index];
    const TimeMs hour = hour_of(time);
    if (app.hour_row < out.app_hours.size()) {
        AppHourDelta& row = out.app_hours[app.hour_row];
        if (row.app == app.row && row.hour == hour) {
            return row;
        }
    }
    app.hour_row = static_cast<std::uint32_t>(out.app_hours.size());
    return out.app_hours.emplace_back(AppHourDelta{.app = app.row, .hour = hour});
}

void Apps::accrue(Index index, TimeMs clock, Batch& out) {
    App& app = (*this)[index];
    const TimeMs from = app.accrued_until;
    if (from != no_time && clock <= from) {
        return;
    }
    app.accrued_until = clock;
    touch(index);
    const Entities counting{
        .unhealthy = app.unhealthy_counting(),
        .observed = app.healthy_counting() + app.unhealthy_counting()};
    if (from != no_time && counting.observed != 0) {
        add_time(index, counting, from, clock, out);
    }
}

void Apps::accrue_all(TimeMs clock, Batch& out) {
    for (Index index = 0; index < size_; ++index) {
        if ((*this)[index].healthy_counting() + (*this)[index].unhealthy_counting() != 0) {
            accrue(index, clock, out);
        }
    }
}

void Apps::skip_to(TimeMs clock) {
    for (Index index = 0; index < size_; ++index) {
        App& app = (*this)[index];
        if (app.accrued_until < clock && app.healthy_counting() + app.unhealthy_counting() != 0) {
            app.accrued_until = clock;
            touch(index);
        }
    }
}

void Apps::add_time(Index index, Health health, TimeMs begin, TimeMs end, Batch& out) {
    if (health == Health::unknown || end <= begin) {
        return;
    }
    add_time(
        index, {.unhealthy = health == Health::unhealthy ? 1 : 0, .observed = 1}, begin, end, out
    );
    touch(index);
}

void Apps::add_time(Index index, Entities entities, TimeMs begin, TimeMs end, Batch& out) {
    App& app = (*this)[index];
    app.unhealthy_ms += entities.unhealthy * (end - begin);
    app.observed_ms += entities.observed * (end - begin);
    const auto add = [&](TimeMs from, TimeMs to) {
        AppHourDelta& row = hour(index, from, out);
        row.unhealthy_ms += entities.unhealthy * (to - from);
        row.observed_ms += entities.observed * (to - from);
    };
    const TimeMs first_whole = hour_of(begin + hour_ms - 1);
    const TimeMs last_whole = hour_of(end);
    if (first_whole >= last_whole) {
        const TimeMs cut = std::min(end, hour_of(begin) + hour_ms);
        add(begin, cut);
        if (cut < end) {
            add(cut, end);
        }
        return;
    }
    if (begin < first_whole) {
        add(begin, first_whole);
    }
    out.app_hour_runs.push_back(
        {.app = app.row,
         .hour = first_whole,
         .hours = (last_whole - first_whole) / hour_ms,
         .unhealthy_ms = entities.unhealthy * hour_ms,
         .observed_ms = entities.observed * hour_ms}
    );
    if (last_whole < end) {
        add(last_whole, end);
    }
}

void Apps::finish(Batch& out) {
    for (const Index index : dirty_) {
        App& app = (*this)[index];
        out.apps.push_back(
            {.app = app.row,
             .source = source_,
             .name = app.born ? std::string_view(app.name) : std::string_view{},
             .born = app.born,
             .counted_as_other = app.label == 0,
             .ended = app.ended,
             .last_received = app.last_received,
             .healthy_now = app.healthy_counting(),
             .unhealthy_now = app.unhealthy_counting(),
             .health_seen = app.health_seen,
             .accrued_until = app.accrued_until,
             .unhealthy_ms = app.unhealthy_ms,
             .observed_ms = app.observed_ms,
             .last_deployment_ms = app.last_deployment_ms,
             .last_deployment_ended = app.last_deployment_ended}
        );
        app.dirty = false;
        app.born = false;
    }
    dirty_.clear();
}

void Apps::restore(const AppRow& row) {
    const auto index = static_cast<Index>(size_);
    App& app = append();
    app.row = row.app;
    app.name = row.name;
    app.label = row.counted_as_other ? 0 : index;
    app.ended = row.ended;
    app.last_received = row.last_received;
    app.health_seen = row.health_seen;
    app.accrued_until = row.accrued_until;
    app.unhealthy_ms = row.unhealthy_ms;
    app.observed_ms = row.observed_ms;
    app.last_deployment_ms = row.last_deployment_ms;
    app.last_deployment_ended = row.last_deployment_ended;
    by_name_.emplace(app.name, index);
    by_row_.emplace(app.row, index);
    next_app_ = std::max(next_app_, row.app + 1);
}

}  // namespace tally::model
