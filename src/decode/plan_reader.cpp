#include "decode/plan_reader.hpp"

namespace tally::decode {

namespace {

namespace dom = simdjson::dom;

/// The members of a plan that we need. Of equal keys the first.
struct PlanFields {
    std::optional<dom::element> id;
    std::optional<dom::element> version;
    std::optional<dom::element> steps;
};

/// A heavy plan carries the whole root group twice (`original`, `target`). Stepping over them is
/// one jump each, but the DOM has parsed them by then, and that is the whole cost: 0.8 ms for a
/// body of 0.7 MB (1000 apps) where the same event with a light plan takes 1 us (decode_bench, 2.5
/// GHz).
PlanFields fields_of(dom::object plan) {
    PlanFields fields;
    for (const dom::key_value_pair member : plan) {
        std::optional<dom::element>* field = nullptr;
        if (member.key == "id") {
            field = &fields.id;
        } else if (member.key == "version") {
            field = &fields.version;
        } else if (member.key == "steps") {
            field = &fields.steps;
        }
        if (field != nullptr && !*field) {
            *field = member.value;
        }
    }
    return fields;
}

std::string_view text_of(const std::optional<dom::element>& value) {
    return value ? decode::text_of(*value) : std::string_view{};
}

}  // namespace

std::string_view PlanReader::read(const Fields& fields, Event& event) {
    actions_.clear();
    ends_.clear();
    steps_.clear();
    std::string_view id;
    dom::object plan;
    if (const auto value = fields.find(Key::plan); value && value->get(plan) == simdjson::SUCCESS) {
        const PlanFields members = fields_of(plan);
        id = text_of(members.id);
        event.plan_version = text_of(members.version);
        dom::array steps;
        if (members.steps && members.steps->get(steps) == simdjson::SUCCESS) {
            event.plan_known = true;
            add_steps(steps);
        }
    }
    const std::size_t current_begin = actions_.size();
    const auto current = fields.find(Key::current_step);
    const bool has_current = current && add_step(*current);

    // Only now, since actions_ has stopped growing.
    const Step all(actions_);
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
        steps_.push_back(all.subspan(begin, end - begin));
        begin = end;
    }
    event.steps = steps_;
    if (has_current) {
        event.current_step = all.subspan(current_begin);
    }
    return id;
}

void PlanReader::shrink() {
    std::vector<Action>().swap(actions_);
    std::vector<std::size_t>().swap(ends_);
    std::vector<Step>().swap(steps_);
}

void PlanReader::add_steps(dom::array steps) {
    for (const dom::element step : steps) {
        if (add_step(step)) {
            ends_.push_back(actions_.size());
        }
    }
}

/// A step is {"actions":[..]}, one bare action, or (REST up to 1.1.1) a list of actions. False,
/// with nothing added, for null and whatever else is neither object nor list.
bool PlanReader::add_step(dom::element step) {
    dom::array actions;
    if (step.get(actions) != simdjson::SUCCESS) {
        dom::object object;
        if (step.get(object) != simdjson::SUCCESS) {
            return false;
        }
        dom::element wrapped;
        // at_key gives the first of equal keys.
        if (object.at_key("actions").get(wrapped) != simdjson::SUCCESS ||
            wrapped.get(actions) != simdjson::SUCCESS) {
            add_action(step);
            return true;
        }
    }
    for (const dom::element action : actions) {
        add_action(action);
    }
    return true;
}

/// Names and apps may each be absent (pod actions of some clients have no app), but not both.
void PlanReader::add_action(dom::element element) {
    dom::object object;
    if (element.get(object) != simdjson::SUCCESS) {
        return;
    }
    const auto text = [object](std::string_view key, std::string_view older) {
        dom::element value;
        std::string_view found;
        if (object.at_key(key).get(value) == simdjson::SUCCESS) {
            found = decode::text_of(value);
        }
        if (found.empty() && object.at_key(older).get(value) == simdjson::SUCCESS) {
            found = decode::text_of(value);
        }
        return found;
    };
    const Action action{.name = text("action", "type"), .app = text("app", "pod")};
    if (!action.name.empty() || !action.app.empty()) {
        actions_.push_back(action);
    }
}

}  // namespace tally::decode
