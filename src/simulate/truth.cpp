#include "simulate/truth.hpp"

#include <algorithm>

#include "simulate/shown_state.hpp"

namespace tally::simulate {

namespace {

void append_app(Json& json, const Scene& scene, std::size_t i, std::string_view& comma) {
    const App& app = scene.cluster.apps()[i];
    if (!app.exists) {
        return;
    }
    json.raw(comma).raw(R"({"id":)").plain(app.id).raw(R"(,"pod":)").boolean(app.pod);
    json.raw(R"(,"instances":)").number(app.target).raw(R"(,"version":)").time(app.version);
    json.raw("}");
    comma = ",";
}

void append_health(Json& json, const App& app, const Instance& instance) {
    if (app.check) {
        json.raw(R"(,"health":)").plain(name_of(instance.health));
    }
    json.raw("}");
}

void append_sorted(Json& json, std::vector<std::string> items, std::string_view& comma) {
    std::sort(items.begin(), items.end());
    for (const std::string& item : items) {
        json.raw(comma).raw(item);
        comma = ",";
    }
}

void append_tasks(Json& json, const Scene& scene, std::size_t i, std::string_view& comma) {
    const App& app = scene.cluster.apps()[i];
    std::vector<std::string> items;
    for (const Index index : app.instances) {
        const Instance& instance = scene.cluster.instances()[index];
        for (std::uint32_t c = 0; has_task(instance) && c < app.containers; ++c) {
            std::string item = R"({"id":")";
            scene.cluster.append_task_id(item, instance, c);
            Json task(item);
            task.raw(R"(","app":)").plain(app.id);
            task.raw(R"(,"state":)").plain(name_of(instance.state));
            task.raw(R"(,"shown":)").plain(name_of(shown_state(instance)));
            append_health(task, app, instance);
            items.push_back(std::move(item));
        }
    }
    append_sorted(json, std::move(items), comma);
}

void append_instances(Json& json, const Scene& scene, std::size_t i, std::string_view& comma) {
    const App& app = scene.cluster.apps()[i];
    if (!has_instances(scene.cluster.dialect())) {
        return;
    }
    std::vector<std::string> items;
    for (const Index index : app.instances) {
        const Instance& instance = scene.cluster.instances()[index];
        std::string item = R"({"id":")";
        scene.cluster.append_instance_id(item, instance);
        Json one(item);
        one.raw(R"(","app":)").plain(app.id);
        one.raw(R"(,"condition":)").plain(name_of(instance.condition));
        append_health(one, app, instance);
        items.push_back(std::move(item));
    }
    append_sorted(json, std::move(items), comma);
}

void append_deployment(Json& json, const Scene& scene, std::size_t i, std::string_view& comma) {
    const Rollout& rollout = scene.rollouts[i];
    if (!rollout.used || !rollout.announced) {
        return;
    }
    json.raw(comma).raw(R"({"id":)").plain(rollout.plan->id);
    json.raw(R"(,"version":)").time(rollout.plan->version);
    json.raw(R"(,"step":)").number(rollout.step + 1);
    json.raw(R"(,"steps":)").number(rollout.plan->steps.size()).raw("}");
    comma = ",";
}

}  // namespace

Rendering truth_of(std::string head, std::string tail) {
    return Rendering(
        {{"{" + std::move(head) + R"(,"apps":[)", "]", apps_of, append_app},
         {R"(,"tasks":[)", "]", apps_of, append_tasks},
         {R"(,"instances":[)", "]", apps_of, append_instances},
         {R"(,"deployments":[)", "]" + std::move(tail) + "}", rollouts_of, append_deployment}}
    );
}

}  // namespace tally::simulate
