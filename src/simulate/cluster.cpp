#include "simulate/cluster.hpp"

#include <algorithm>
#include <array>

#include "simulate/app_text.hpp"

namespace tally::simulate {

namespace {

constexpr std::array<std::string_view, 16> teams{
    "payments",
    "checkout",
    "search",
    "catalogue",
    "accounts",
    "fraud",
    "shipping",
    "media",
    "platform",
    "metrics",
    "mail",
    "ads",
    "partners",
    "mobile",
    "data.lake",
    "staging"};
constexpr std::array<std::string_view, 16> services{
    "api",
    "backend",
    "worker",
    "frontend",
    "gateway",
    "consumer",
    "scheduler",
    "cache",
    "importer",
    "exporter",
    "auth-service",
    "web",
    "image-resizer",
    "indexer",
    "batch",
    "proxy.v2"};

void put_hex(char* out, std::uint64_t value, int digits) {
    static constexpr std::string_view hex = "0123456789abcdef";
    for (int i = digits - 1; i >= 0; --i) {
        out[i] = hex[value & 15];
        value >>= 4;
    }
}

/// Most apps are small, a few are large; the sum is near the number wanted.
std::uint32_t wanted_instances(std::uint32_t mean, Random& random) {
    const std::uint32_t kind = random.below(100);
    if (kind < 70) {
        return 1 + random.below(std::max(1U, mean * 3 / 4));
    }
    if (kind < 95) {
        return 1 + mean / 2 + random.below(std::max(1U, mean * 2));
    }
    return 1 + mean * 2 + random.below(std::max(1U, mean * 8));
}

Agent make_agent(Index number, const std::string& cluster, Random& random) {
    Agent agent;
    agent.id = cluster + "-S" + std::to_string(number);
    agent.address = "10." + std::to_string(random.below(4)) + '.' + std::to_string(number / 250) +
                    '.' + std::to_string(number % 250 + 1);
    const bool named = number % 3 != 0;
    agent.host = named ? "agent-" + std::to_string(number) + ".dc1.example.com" : agent.address;
    return agent;
}

}  // namespace

void Uuid::append_to(std::string& out) const {
    char text[] = "00000000-0000-0000-0000-000000000000";
    put_hex(text, high >> 32, 8);
    put_hex(text + 9, high >> 16, 4);
    put_hex(text + 14, high, 4);
    put_hex(text + 19, low >> 48, 4);
    put_hex(text + 24, low, 12);
    out.append(text, sizeof text - 1);
}

Cluster::Cluster(const Shape& shape, Random& random)
    : dialect_(shape.dialect), uuid_node_(0x8000000000000000 | (random.next() >> 2)) {
    const std::string mesos = random_uuid(random);
    framework_id_ = mesos + "-0000";
    for (Index i = 0; i < std::max(1U, shape.agents); ++i) {
        agents_.push_back(make_agent(i, mesos, random));
    }
    // Deleted apps come back under their name: some spare names keep the number of names bounded.
    name_apps(std::max(1U, shape.apps) + std::max(2U, shape.apps / 20), random);
    populate(shape, random);
}

void Cluster::name_apps(std::uint32_t count, Random& random) {
    for (std::uint32_t i = 0; i < count; ++i) {
        App app;
        const std::string_view team = teams[(i / 8) % teams.size()];
        const std::string_view service = services[i % services.size()];
        app.group = "/" + std::string(team);
        if (i >= 64) {  // deeper trees only in large clusters
            app.group += "/unit-" + std::to_string(i / 32);
        }
        app.id = app.group + "/" + std::string(service) + (i < 16 ? "" : "-" + std::to_string(i));
        app.safe = app.id.substr(1);
        std::replace(app.safe.begin(), app.safe.end(), '/', '_');
        equip(app, random);
        apps_.push_back(std::move(app));
    }
}

void Cluster::equip(App& app, Random& random) const {
    app.pod = has_instances(dialect_) && random.chance(0.06);
    app.containers = app.pod ? 1 + random.below(3) : 1;
    app.ports = random.chance(0.1) ? 0 : 1 + random.below(2);
    if (random.chance(0.1)) {
        return;  // no health check
    }
    Check check;
    const std::uint32_t kind = random.below(100);
    check.protocol = kind < 62   ? Protocol::http
                     : kind < 70 ? Protocol::https
                     : kind < 86 ? Protocol::tcp
                     : kind < 92 ? Protocol::command
                                 : Protocol::mesos_http;
    if (app.pod) {
        check.protocol = Protocol::mesos_http;  // Marathon itself never checks a pod
    } else if (check.native() && !has_instances(dialect_)) {
        check.protocol = Protocol::http;
    }
    check.interval_s = random.chance(0.5) ? 10 : random.chance(0.5) ? 5 : 30;
    check.failures_max = 3 + random.below(3);
    check.json = check_text(check, dialect_);
    app.check = std::move(check);
}

void Cluster::populate(const Shape& shape, Random& random) {
    const std::uint32_t count = std::max(1U, shape.apps);
    const std::uint32_t mean = std::max(1U, shape.tasks / count);
    std::uint32_t left = std::max(1U, shape.tasks);
    for (Index i = 0; i < count; ++i) {
        App& app = apps_[i];
        app.exists = true;
        app.target = std::min(std::max(1U, left / (count - i) * 8), wanted_instances(mean, random));
        left -= std::min(left, app.target);
        app.version = shape.start - random.between(3'600'000, 900'000'000);
        app.last_scaling = app.version;
        for (std::uint32_t n = 0; n < app.target; ++n) {
            const TimeMs born = app.version + random.between(1000, 60'000);
            Instance& instance = instances_[add_instance(i, born)];
            instance.agent = some_agent(random);
            instance.port = static_cast<std::uint16_t>(random.between(31'000, 32'000));
            instance.phase = Phase::running;
            instance.state = TaskState::running;
            instance.condition = Condition::running;
            instance.ready = true;
            instance.health = app.check ? Health::healthy : Health::unknown;
            instance.staged_at = born;
            instance.started_at = born + 2000;
            instance.first_success = born + 5000;
            instance.last_success = shape.start;
        }
    }
}

Index Cluster::add_instance(Index app, TimeMs stamp) {
    Index index = 0;
    if (free_.empty()) {
        index = static_cast<Index>(instances_.size());
        instances_.emplace_back();
    } else {
        index = free_.back();
        free_.pop_back();
    }
    Instance& instance = instances_[index];
    instance = Instance{
        .serial = ++serials_, .generation = instance.generation + 1, .used = true, .app = app};
    instance.uuid = time_uuid(stamp);
    instance.version = apps_[app].version;
    apps_[app].instances.push_back(index);
    return index;
}

void Cluster::remove_instance(Index index) {
    Instance& instance = instances_[index];
    TALLY_ASSERT(instance.used);
    std::vector<Index>& siblings = apps_[instance.app].instances;
    const auto at = std::find(siblings.begin(), siblings.end(), index);
    TALLY_ASSERT(at != siblings.end());
    siblings.erase(at);
    instance.used = false;
    ++instance.generation;
    free_.push_back(index);
}

Index Cluster::some_agent(Random& random) const {
    Index index = 0;
    for (int attempt = 0; attempt < 20; ++attempt) {
        index = random.below(static_cast<std::uint32_t>(agents_.size()));
        if (agents_[index].up) {
            break;
        }
    }
    return index;
}

Uuid Cluster::time_uuid(TimeMs stamp) {
    constexpr TimeMs gregorian_ms = 12'219'292'800'000;  // 1582-10-15 to 1970-01-01
    const auto ticks =
        static_cast<std::uint64_t>(stamp + gregorian_ms) * 10'000 + uuids_++ % 10'000;
    const std::uint64_t low_time = ticks & 0xffffffff;
    const std::uint64_t mid_time = (ticks >> 32) & 0xffff;
    const std::uint64_t high_time = (ticks >> 48) & 0x0fff;
    // The clock sequence grows when the ticks of a millisecond are used up, so that no id comes
    // twice.
    const std::uint64_t sequence = ((uuids_ / 10'000) & 0x3fff) << 48;
    return {
        .high = (low_time << 32) | (mid_time << 16) | 0x1000 | high_time,
        .low = uuid_node_ ^ sequence};
}

std::string Cluster::random_uuid(Random& random) {
    const Uuid uuid{
        .high = (random.next() & ~0xf000ULL) | 0x4000,
        .low = (random.next() & 0x3fffffffffffffff) | 0x8000000000000000};
    std::string text;
    uuid.append_to(text);
    return text;
}

void Cluster::append_task_id(std::string& out, const Instance& instance, std::uint32_t container)
    const {
    const App& app = apps_[instance.app];
    out += app.safe;
    out += app.pod || relaunches(dialect_) ? ".instance-" : ".";
    instance.uuid.append_to(out);
    if (app.pod) {
        out += '.';
        out += container_names[container];
    } else if (relaunches(dialect_)) {
        out += "._app";
    }
    if (relaunches(dialect_)) {
        Json(out).raw(".").number(instance.incarnation);
    }
}

void Cluster::append_instance_id(std::string& out, const Instance& instance) const {
    const App& app = apps_[instance.app];
    out += app.safe;
    out += app.pod || relaunches(dialect_) ? ".instance-" : ".marathon-";
    instance.uuid.append_to(out);
}

std::uint64_t Cluster::task_serial(const Instance& instance, std::uint32_t container) {
    return (instance.serial << 26) | (std::uint64_t{instance.incarnation & 0xffffff} << 2) |
           container;
}

void Cluster::append_entity_id(std::string& out, const Instance& instance) const {
    if (has_instances(dialect_)) {
        append_instance_id(out, instance);
    } else {
        append_task_id(out, instance, 0);
    }
}

}  // namespace tally::simulate
