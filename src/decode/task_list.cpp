#include <array>
#include <span>

#include "decode/app_name.hpp"
#include "decode/first_key.hpp"
#include "decode/snapshot_lists.hpp"

namespace tally::decode {

namespace {

/// Reads tasks, and apps with the tasks embedded in them, one body's.
class TaskListReader {
  public:
    TaskListReader(JsonReader& json, SnapshotPart& part)
        : json_(json), part_(part), names_(part.text) {}

    /// True: the app had its list of tasks.
    bool read_app();
    /// The list was entered. `app` names the tasks that do not name theirs.
    void read_tasks();
    /// Tasks from `first` on that do not name their app belong to `app`; without that, to the one
    /// in their id.
    void name_apps(std::size_t first, std::string_view app);

  private:
    void read_task();
    std::optional<bool> read_health();
    std::optional<bool> read_alive();

    std::string_view name() { return names_.keep(json_.text()); }

    JsonReader& json_;
    SnapshotPart& part_;
    NamePool names_;
    AppName app_name_;
};

bool TaskListReader::read_app() {
    static constexpr std::array<std::string_view, 3> keys{"id", "version", "tasks"};
    if (!json_.enter_object()) {
        return false;
    }
    const std::size_t first_task = part_.told.tasks.size();
    Snapshot::App app;
    bool has_tasks = false;
    FirstKey index_of(keys);
    while (const auto key = json_.next_member()) {
        switch (index_of(*key)) {
            case 0:
                app.id = name();
                break;
            case 1:
                app.version = name();
                break;
            case 2:
                has_tasks = json_.enter_list();
                if (has_tasks) {
                    read_tasks();
                }
                break;
            default:
                break;
        }
    }
    name_apps(first_task, app.id);
    if (!app.id.empty()) {
        part_.add(part_.told.apps, app);
    }
    return has_tasks;
}

void TaskListReader::read_tasks() {
    while (json_.next_element()) {
        if (json_.enter_object()) {
            read_task();
        }
    }
}

void TaskListReader::name_apps(std::size_t first, std::string_view app) {
    for (Snapshot::Task& task : std::span(part_.told.tasks).subspan(first)) {
        if (task.app.empty()) {
            task.app = app.empty() ? names_.keep(app_name_.from_id(task.id)) : app;
        }
    }
}

void TaskListReader::read_task() {
    static constexpr std::array<std::string_view, 8> keys{
        "id", "appId", "host", "version", "state", "stagedAt", "startedAt", "healthCheckResults"};
    Snapshot::Task task;
    FirstKey index_of(keys);
    while (const auto key = json_.next_member()) {
        switch (index_of(*key)) {
            case 0:
                task.id = part_.text.keep(json_.text());
                break;
            case 1:
                task.app = name();
                break;
            case 2:
                task.host = name();
                break;
            case 3:
                task.version = name();
                break;
            case 4:
                task.state = name();
                break;
            case 5:
                task.staged = parse_timestamp(json_.text());
                break;
            case 6:
                task.started = parse_timestamp(json_.text());
                break;
            case 7:
                task.alive = read_health();
                break;
            default:
                break;
        }
    }
    if (task.state.empty()) {  // before 0.15
        task.state = task.started ? "TASK_RUNNING" : task.staged ? "TASK_STAGING" : "";
    }
    if (!task.id.empty()) {
        part_.add(part_.told.tasks, task);
    }
}

/// One result for each check. A check that has no result yet may be null.
std::optional<bool> TaskListReader::read_health() {
    std::optional<bool> all;
    if (!json_.enter_list()) {
        return all;
    }
    while (json_.next_element()) {
        if (const auto alive = read_alive()) {
            all = *alive && all.value_or(true);
        }
    }
    return all;
}

std::optional<bool> TaskListReader::read_alive() {
    static constexpr std::array<std::string_view, 1> keys{"alive"};
    std::optional<bool> alive;
    if (!json_.enter_object()) {
        return alive;
    }
    FirstKey index_of(keys);
    while (const auto key = json_.next_member()) {
        if (index_of(*key) == 0) {
            alive = json_.truth();
        }
    }
    return alive;
}

}  // namespace

AppList read_app_list(JsonReader& json, SnapshotPart& part) {
    AppList list{.found = json.enter_list()};
    if (list.found) {
        TaskListReader reader(json, part);
        while (json.next_element()) {
            list.tasks_embedded = reader.read_app() && list.tasks_embedded;
        }
    }
    return list;
}

bool read_task_list(JsonReader& json, SnapshotPart& part) {
    if (!json.enter_list()) {
        return false;
    }
    TaskListReader reader(json, part);
    reader.read_tasks();
    reader.name_apps(0, {});
    return true;
}

}  // namespace tally::decode
