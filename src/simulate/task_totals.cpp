#include "simulate/task_totals.hpp"

namespace tally::simulate {

namespace {

bool is_recoverable(TaskState state) {
    return state == TaskState::lost || state == TaskState::unreachable ||
           state == TaskState::unknown || state == TaskState::gone_by_operator;
}

int rank(TaskState state) {
    if (is_final(state)) {
        return 5;
    }
    switch (state) {
        case TaskState::staging:
            return 1;
        case TaskState::starting:
            return 2;
        case TaskState::running:
            return 3;
        default:
            return 4;
    }
}

bool is_expected(TaskState from, TaskState to) {
    if (from == TaskState::none) {
        return true;
    }
    if (is_final(to) || is_recoverable(to)) {
        return !is_final(from);
    }
    switch (from) {
        case TaskState::staging:
            return to == TaskState::starting || to == TaskState::running ||
                   to == TaskState::killing;
        case TaskState::starting:
            return to == TaskState::running || to == TaskState::killing;
        case TaskState::running:
            return to == TaskState::killing;
        default:
            return is_recoverable(from) && (to == TaskState::running || to == TaskState::killing);
    }
}

template <class Enum>
std::uint64_t number(Enum value) {
    return static_cast<std::uint64_t>(value);
}

}  // namespace

bool is_final(TaskState state) {
    return state == TaskState::finished || state == TaskState::failed ||
           state == TaskState::killed || state == TaskState::error || state == TaskState::dropped ||
           state == TaskState::gone;
}

bool is_final(Condition condition) {
    return condition >= Condition::finished;
}

Verdict TaskTotals::count(const Said& said) {
    Task& task = tasks_[said.task];
    const TaskState from = task.state;
    const TaskState to = said.state;
    if (from == to) {
        return Verdict::repeat;
    }
    if (is_final(from) ||
        (from != TaskState::none && said.time < task.entered && rank(to) < rank(from))) {
        ++late[pack(said.app)];
        return Verdict::late;
    }
    ++transitions[pack(said.app, number(from), number(to))];
    if (!is_expected(from, to)) {
        ++unexpected[pack(0, number(from), number(to))];
    }
    task = {.state = to, .entered = said.time, .app = said.app};
    if (is_final(to)) {
        ended_.push_back(said.task);
        if (ended_.size() > ended_max) {
            tasks_.erase(ended_.front());
            ended_.pop_front();
        }
    }
    return Verdict::transition;
}

Counts TaskTotals::current() const {
    Counts counts;
    for (const auto& [serial, task] : tasks_) {
        if (!is_final(task.state)) {
            ++counts[pack(task.app, number(task.state))];
        }
    }
    return counts;
}

Verdict InstanceTotals::count(const Said& said) {
    Instance& instance = instances_[said.instance];
    if (instance.condition == said.condition) {
        return Verdict::repeat;
    }
    if (instance.condition != Condition::none && said.time < instance.entered) {
        return Verdict::late;
    }
    ++transitions[pack(said.app, number(instance.condition), number(said.condition))];
    instance = {.condition = said.condition, .entered = said.time, .app = said.app};
    if (is_final(said.condition)) {
        ended_.push_back(said.instance);
        if (ended_.size() > ended_max) {
            const auto oldest = instances_.find(ended_.front());
            if (oldest != instances_.end() && is_final(oldest->second.condition)) {
                instances_.erase(oldest);
            }
            ended_.pop_front();
        }
    }
    return Verdict::transition;
}

Counts InstanceTotals::current() const {
    Counts counts;
    for (const auto& [serial, instance] : instances_) {
        if (!is_final(instance.condition)) {
            ++counts[pack(instance.app, number(instance.condition))];
        }
    }
    return counts;
}

}  // namespace tally::simulate
