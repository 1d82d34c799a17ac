#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "simulate/random.hpp"
#include "simulate/said.hpp"
#include "simulate/shape.hpp"

namespace tally::simulate {

using Index = std::uint32_t;
inline constexpr Index nobody = std::numeric_limits<Index>::max();

struct Uuid {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    void append_to(std::string& out) const;
};

struct Agent {
    std::string id;    ///< Mesos slave id
    std::string host;  ///< name or address, as the agent announced itself
    std::string address;
    bool up = true;
};

struct Check {
    Protocol protocol = Protocol::http;
    std::string json;  ///< the healthCheck object of this dialect
    std::uint32_t interval_s = 10;
    std::uint32_t failures_max = 3;

    [[nodiscard]] bool native() const { return protocol == Protocol::mesos_http; }
};

/// How far the current task of an instance is.
enum class Phase : std::uint8_t {
    scheduled,  // 1.8: wanted, no agent yet
    launched,   // sent to an agent, nothing heard
    staging,
    starting,
    running,
    killing,
    unreachable,
    waiting,  // 1.8: ended, to be launched again under the same id
};

/// An instance with its current task (a pod's containers move together but for the order of their
/// events).
struct Instance {
    std::uint64_t serial = 0;
    std::uint32_t generation = 0;  ///< of the slot; grows when the instance or its task ends
    bool used = false;
    Index app = nobody;
    Index agent = nobody;
    Uuid uuid{};
    std::uint32_t incarnation = 1;
    Phase phase = Phase::launched;
    TimeMs version = 0;
    std::uint16_t port = 0;
    TaskState state = TaskState::none;      ///< as last said
    Condition condition = Condition::none;  ///< as last said
    Health health = Health::unknown;
    bool ready = false;  ///< running, and healthy once if it has a check
    bool decommissioned = false;
    std::uint16_t failures = 0;  ///< consecutive failed probes
    std::uint16_t failures_to_come = 0;
    bool sick = false;  ///< will fail until it is killed
    TimeMs staged_at = 0;
    TimeMs started_at = 0;
    TimeMs first_success = 0;
    TimeMs last_success = 0;
    TimeMs last_failure = 0;
};

struct LastFailure {
    std::string task;
    std::string host;
    std::string agent;
    std::string message;
    TaskState state = TaskState::none;
    TimeMs time = 0;
    TimeMs version = 0;
};

struct App {
    std::string id;     ///< "/payments/checkout-3"
    std::string safe;   ///< "payments_checkout-3"
    std::string group;  ///< "/payments"
    bool pod = false;
    std::uint32_t containers = 1;
    std::uint32_t ports = 1;
    std::optional<Check> check;
    bool exists = false;
    bool stopping = false;
    bool rolling = false;  ///< instances of other versions are to go
    std::uint32_t target = 0;
    TimeMs version = 0;
    TimeMs last_scaling = 0;
    Index rollout = nobody;    ///< the deployment that locks it
    TimeMs crashes_until = 0;  ///< its tasks die soon after they start
    TimeMs backoff = 0;
    std::vector<Index> instances;
    std::optional<LastFailure> last_failure;
};

/// Who is there: apps, agents, instances, in vectors that never shrink, and the ids. No behaviour
/// beyond keeping itself consistent. Apps are never removed from the vector, only exist or not.
class Cluster {
  public:
    /// All apps exist but a few spare names, all tasks run, nobody has heard of them yet.
    Cluster(const Shape& shape, Random& random);

    [[nodiscard]] Dialect dialect() const { return dialect_; }

    std::vector<App>& apps() { return apps_; }

    [[nodiscard]] const std::vector<App>& apps() const { return apps_; }

    std::vector<Agent>& agents() { return agents_; }

    [[nodiscard]] const std::vector<Agent>& agents() const { return agents_; }

    std::vector<Instance>& instances() { return instances_; }

    [[nodiscard]] const std::vector<Instance>& instances() const { return instances_; }

    [[nodiscard]] const std::string& framework_id() const { return framework_id_; }

    /// A new instance of the app, in no phase yet. Takes references into instances() away.
    Index add_instance(Index app, TimeMs stamp);
    void remove_instance(Index instance);

    /// A random agent that is up; with all down, any.
    Index some_agent(Random& random) const;

    [[nodiscard]] Uuid time_uuid(TimeMs stamp);
    static std::string random_uuid(Random& random);

    void append_task_id(std::string& out, const Instance& instance, std::uint32_t container) const;
    void append_instance_id(std::string& out, const Instance& instance) const;
    /// The task's serial number, unique over incarnations and containers.
    static std::uint64_t task_serial(const Instance& instance, std::uint32_t container);
    /// The id under which 1.3 checks health (the task's), and later versions (the instance's).
    void append_entity_id(std::string& out, const Instance& instance) const;

  private:
    void name_apps(std::uint32_t count, Random& random);
    void equip(App& app, Random& random) const;
    void populate(const Shape& shape, Random& random);

    Dialect dialect_;
    std::vector<App> apps_;
    std::vector<Agent> agents_;
    std::vector<Instance> instances_;
    std::vector<Index> free_;
    std::string framework_id_;
    std::uint64_t serials_ = 0;
    std::uint64_t uuids_ = 0;
    std::uint64_t uuid_node_;
};

inline constexpr std::string_view container_names[] = {"web", "proxy", "log"};

}  // namespace tally::simulate
