#pragma once

#include <array>
#include <cstddef>

#include "instances.hpp"
#include "tally/decode/event.hpp"
#include "tally/model/world.hpp"
#include "tasks.hpp"

namespace tally::model {

/// Asks the memory for what events are about before they are folded, a step with every other event that comes after:
///
///     its place in the indices  ->  the record of its task or instance  ->  what that names: instance, app, row  ->  their text
///
/// Each step needs what the one before asked for. The slots are those of the moment and may be another's by the time of the fold,
/// which looks for itself.
class LookAhead {
  public:
    LookAhead(const Books& books, const Instances& instances, const Tasks& tasks)
        : books_(books), instances_(instances), tasks_(tasks) {}

    void expect(const decode::Event& event, const Batch& out) {
        const auto before = [this](std::size_t steps) -> Coming& { return coming_[(next_ - steps) % coming_.size()]; };
        ++next_;
        ask_for_place(event, before(0));
        ask_for_record(before(step));
        ask_for_more(before(2 * step), out);
        ask_for_text(before(3 * step), out);
    }

  private:
    struct Coming {
        Hash128 key{};
        bool is_known = false;
        Slot instance = no_slot;
        Slot task = no_slot;
        Apps::Index app = 0;
    };

    void ask_for_place(const decode::Event& event, Coming& coming) const;
    void ask_for_record(Coming& coming) const;
    void ask_for_more(Coming& coming, const Batch& out) const;
    void ask_for_text(const Coming& coming, const Batch& out) const;

    const Books& books_;
    const Instances& instances_;
    const Tasks& tasks_;
    static constexpr std::size_t step = World::expected_ahead / 4;  ///< events from one to the next: a fold is too short

    std::array<Coming, World::expected_ahead> coming_{};
    std::size_t next_ = World::expected_ahead;
};

}  // namespace tally::model
