#include "model/support/shown.hpp"

#include <algorithm>
#include <deque>

#include "tally/base/ids.hpp"

namespace tally::model::shown {

using said::keep;

Shown::Shown(std::string_view version) {
    snapshot_.version = version;
    snapshot_.has_pods = true;
}

Shown& Shown::app(std::string_view id) {
    const bool is_there = std::any_of(
        snapshot_.apps.begin(), snapshot_.apps.end(), [id](const auto& app) { return app.id == id; }
    );
    if (!is_there) {
        snapshot_.apps.push_back({.id = keep(std::string(id)), .version = {}});
    }
    return *this;
}

Shown& Shown::task(std::string_view id, std::string_view state, TaskFields fields) {
    const std::string_view app_id = fields.app.empty() ? keep(ids::app_of(id)) : fields.app;
    if (!app_id.empty()) {
        app(app_id);
    }
    snapshot_.tasks.push_back(
        {.id = keep(std::string(id)),
         .app = app_id,
         .host = fields.host,
         .version = fields.version,
         .state = keep(std::string(state)),
         .staged = fields.staged,
         .started = fields.started,
         .alive = fields.alive}
    );
    return *this;
}

Shown& Shown::pod(
    std::string_view id,
    std::vector<std::string_view> containers,
    std::optional<bool> healthy,
    std::string_view status
) {
    static std::deque<std::vector<decode::Snapshot::Container>> kept;
    auto& list = kept.emplace_back();
    for (const std::string_view text : containers) {
        const std::size_t blank = text.find(' ');
        const std::string_view name = text.substr(0, blank);
        const std::size_t equals = name.find('=');
        list.push_back(
            {.name = keep(std::string(name.substr(0, equals))),
             .task = equals == std::string_view::npos ? std::string_view{}
                                                      : keep(std::string(name.substr(equals + 1))),
             .status = keep(std::string(text.substr(blank + 1))),
             .since = {}}
        );
    }
    snapshot_.pod_instances.push_back(
        {.id = keep(std::string(id)),
         .pod = keep(ids::app_of(id)),
         .host = {},
         .status = status,
         .since = {},
         .containers = list,
         .healthy = healthy}
    );
    return *this;
}

Shown& Shown::deployment(std::string_view id, const said::Plan& plan, std::int64_t current_step) {
    const decode::Event event = said::info(id, plan, {}, said::start);  // its views live for ever
    snapshot_.deployments.push_back(
        {.id = event.deployment_id,
         .version = plan.version,
         .current_step = current_step,
         .total_steps = static_cast<std::int64_t>(event.steps.size()),
         .steps = event.steps,
         .affected = {}}
    );
    return *this;
}

Shown& Shown::without_pods() {
    snapshot_.has_pods = false;
    return *this;
}

}  // namespace tally::model::shown
