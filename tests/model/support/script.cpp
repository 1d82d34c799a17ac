#include "model/support/script.hpp"

#include <random>
#include <string>

#include "model/support/said.hpp"

namespace tally::model {

namespace {

using namespace said;

class Cluster {
  public:
    explicit Cluster(unsigned seed) : random_(seed) {}

    Line next() {
        now_ += pick(20) == 0 ? 1'800'000 : pick(4000);
        decode::Event event = say();
        if (pick(40) == 0) {
            event.missing = "something";
        }
        return {.event = event, .connection = pick(3)};
    }

  private:
    std::uint32_t pick(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

    template <std::size_t N>
    std::string_view one_of(const char* const (&names)[N]) {
        return names[pick(N)];
    }

    /// Mostly now, sometimes earlier, seldom not at all or far in the future.
    When when() {
        switch (pick(12)) {
            case 0:
                return std::nullopt;
            case 1:
            case 2:
                return at(std::chrono::milliseconds(now_)) - static_cast<TimeMs>(pick(20'000));
            case 3:
                return pick(20) == 0 ? TimeMs{9'999'999'999'999}
                                     : at(std::chrono::milliseconds(now_));
            default:
                return at(std::chrono::milliseconds(now_));
        }
    }

    std::string app() { return one_of({"a", "b", "c_d", "e", "f"}).data(); }

    std::string number() { return std::to_string(pick(5)); }

    std::string instance_id() {
        return app() + (pick(3) == 0 ? ".marathon-" : ".instance-") + number();
    }

    std::string task_id() {
        switch (pick(8)) {
            case 0:
                return app() + ".instance-" + number() + ".c" + number();
            case 1:
            case 2:
            case 3:
                return app() + ".instance-" + number() + "._app." + number();
            case 4:
                return "oddity" + number();
            default:
                return app() + "." + number();
        }
    }

    With with() {
        With with;
        with.host = pick(3) == 0 ? "" : keep("h" + number());
        with.version = pick(3) == 0 ? "" : keep("v" + number());
        with.message = pick(3) == 0 ? "message" : "";
        with.app = pick(30) == 0 ? "/elsewhere" : "";
        return with;
    }

    std::string_view task_state() {
        if (pick(10) == 0) {
            return keep("TASK_ODD_" + std::to_string(pick(90)));
        }
        return one_of(
            {"TASK_STAGING",
             "TASK_STAGING",
             "TASK_STARTING",
             "TASK_RUNNING",
             "TASK_RUNNING",
             "TASK_KILLING",
             "TASK_FINISHED",
             "TASK_FAILED",
             "TASK_KILLED",
             "TASK_LOST",
             "TASK_UNREACHABLE",
             "TASK_GONE",
             "other",
             "none"}
        );
    }

    std::string_view condition() {
        if (pick(10) == 0) {
            return keep("Odd" + std::to_string(pick(90)));
        }
        return one_of(
            {"Created",
             "Provisioned",
             "Scheduled",
             "Staging",
             "Running",
             "Running",
             "Killing",
             "Unreachable",
             "Failed",
             "Killed",
             "Gone",
             "Unknown",
             "none"}
        );
    }

    Check check() {
        return {
            .protocol =
                pick(9) == 0 ? keep("P" + std::to_string(pick(90))) : one_of({"HTTP", "TCP"}),
            .path = one_of({"", "/ping"}),
            .command = {},
            .port = {},
            .port_index = pick(2),
            .interval_s = pick(3) == 0 ? std::optional<double>{} : 10};
    }

    StepText step() {
        if (pick(8) == 0) {
            return {
                "", " /a"};  // an action with nothing is none to the Decoder; one with an app is
        }
        StepText text;
        for (std::uint32_t i = pick(3); i > 0; --i) {
            const std::string action =
                pick(12) == 0
                    ? "Odd" + std::to_string(pick(90))
                    : std::string(one_of(
                          {"StartApplication", "ScaleApplication", "StopApplication", "ScalePod"}
                      ));
            text.push_back(
                keep(action + (pick(10) == 0 ? "" : " /" + std::string(one_of({"a", "b", "e"}))))
            );
        }
        return text;
    }

    Plan plan() {
        Plan plan;
        // Few different versions, near to the present, so that rivals and refusals meet.
        plan.version = pick(6) == 0 ? "" : version();
        if (pick(4) != 0) {
            plan.steps.emplace();
            // Sometimes so long that a closed deployment does not keep all of it.
            for (std::uint32_t i = pick(12) == 0 ? 15 + pick(10) : pick(4); i > 0; --i) {
                plan.steps->push_back(pick(2) == 0 ? StepText{"ScaleApplication /a"} : step());
            }
        }
        return plan;
    }

    std::string_view version() {
        return version_at(
            std::chrono::milliseconds(now_ - now_ % 2000 + static_cast<TimeMs>(pick(3)) * 2000)
        );
    }

    std::optional<StepText> current() {
        switch (pick(5)) {
            case 0:
                return std::nullopt;
            case 1:
                return step();
            default:
                return StepText{"ScaleApplication /a"};
        }
    }

    decode::Event deployment() {
        const std::string id = "d" + std::to_string(pick(12));
        switch (pick(7)) {
            case 0:
            case 1:
                return info(id, plan(), current(), when());
            case 2:
                return step_success(id, plan(), current(), when());
            case 3:
                return step_failure(id, plan(), current(), when());
            case 4:
                return success(id, plan(), when());
            case 5:
                return failed(id, plan(), when(), one_of({"", "", "cancelled", "boom"}));
            default:
                return group_change(pick(3) == 0, version(), when());
        }
    }

    decode::Event health() {
        switch (pick(8)) {
            case 0:
            case 1:
                return alive(
                    pick(2) == 0 ? instance_id() : task_id(), pick(2) == 0, when(), derived()
                );
            case 2:
                return add_check(keep("/" + app()), check(), when());
            case 3:
                return remove_check(keep("/" + app()), when());
            case 4:
                return failure(
                    pick(2) == 0 ? instance_id() : task_id(), check(), when(), derived()
                );
            case 5:
                return kill(
                    keep(task_id()), pick(2) == 0 ? keep(instance_id()) : "", when(), derived()
                );
            default: {
                const std::uint32_t truth = pick(5);
                return healthy(
                    instance_id(), truth == 0 ? std::optional<bool>{} : truth < 3, when(), derived()
                );
            }
        }
    }

    /// An app for ids from which none can be derived.
    With derived() {
        With with;
        with.app = pick(4) == 0 ? "/a" : "/e";
        return with;
    }

    decode::Event say() {
        switch (pick(16)) {
            case 0:
                return app_terminated(keep("/" + app()), when());
            case 1:
                return api_post(keep("/" + app()), when());
            case 2:
                return unknown_terminated(instance_id(), "Killed", when());
            case 3:
                return pick(2) == 0 ? framework_message(3, when())
                                    : plain("odd_event_" + std::to_string(pick(90)), when());
            case 4:
            case 5:
            case 6:
                return deployment();
            case 7:
            case 8:
            case 9:
                return health();
            case 10:
            case 11:
            case 12:
                return instance(instance_id(), condition(), when(), with());
            default: {
                With given = with();
                const std::string task = task_id();
                given.app = task.starts_with("oddity") ? "/odd" : given.app;
                return status(task, task_state(), when(), given);
            }
        }
    }

    std::mt19937 random_;
    TimeMs now_ = 0;
};

}  // namespace

std::vector<Line> random_script(unsigned seed, int events) {
    Cluster cluster(seed);
    std::vector<Line> script;
    for (int i = 0; i < events; ++i) {
        script.push_back(cluster.next());
    }
    return script;
}

}  // namespace tally::model
