#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "books.hpp"
#include "keyed_pool.hpp"
#include "tally/decode/event.hpp"

namespace tally::model {

/// The sum of the hashes of its (action, app) pairs: equal for equal multisets, whatever their
/// order.
struct StepKey {
    Hash128 sum;
    std::uint32_t actions = 0;

    friend bool operator==(const StepKey&, const StepKey&) = default;
};

[[nodiscard]] StepKey key_of(decode::Step step);

struct DeploymentStep {
    StepKey key;
    std::uint32_t number = 0;  ///< from 1
    bool open = false;
    Code result = none_code;  ///< outcome::success or outcome::failed once it is done
    TimeMs started = no_time;
    TimeMs ended = no_time;
    std::uint64_t connection = 0;  ///< or file, that opened it
};

/// One deployment (semantics.md section 4).
///
///     (first event) -> running --deployment_success--> success
///                        ^  |  --deployment_failed---> rejected, canceled or failed
///                        |  +--not in a snapshot-----> unknown --+
///                        +------- any event, or in a snapshot <-+
///
/// deployment_info opens a step or is a rerun; step_success and step_failure close it. Both finals:
/// failed wins. What `failed` is called can change when another deployment or a refused request
/// becomes known.
///
/// Memory. A plan may be as long as an event, so what is kept of it is bounded: the first 10,000
/// steps, 16 of them without actions. When it is closed: the steps if it has no more than 16, of a
/// longer one (`trimmed`) those that are open. A step that is not kept is counted and never opened
/// or closed again; one beyond the bounds from the start has no row. One that a snapshot found gone is kept whole, since
/// it may be heard of again, until it is forgotten among the closed ones.
struct Deployment : Keyed {
    static constexpr std::size_t steps_max = 10'000;
    static constexpr std::size_t empty_steps_max = 16;
    static constexpr std::size_t closed_steps_max = 16;

    std::vector<DeploymentStep> steps;  ///< that are kept, by number
    std::vector<Apps::Index> apps;      ///< distinct, ascending
    /// app << 16 | action code, distinct, ascending; not other_code; empty when closed
    std::vector<std::uint64_t> app_actions;
    std::int64_t step_count = 0;  ///< kept or not
    std::int64_t steps_done = 0;  ///< successes
    TimeMs requested = no_time;
    TimeMs started = no_time;
    TimeMs succeeded = no_time;
    TimeMs failed = no_time;
    std::int64_t reruns = 0;
    Code outcome = outcome::running;
    Code counted_outcome = none_code;
    Code counted_kind = none_code;
    std::uint8_t action_bits = 0;
    std::uint8_t empty_steps = 0;  ///< that are kept
    bool trimmed = false;
    bool plan_known = false;
    bool has_info = false;
    bool reason_cancels = false;
    bool contradicted = false;
    bool inferred = false;  ///< known, or gone, by a snapshot only
    Seq closed_seq = 0;
    Heard heard;

    /// A snapshot did not show it any more, and nothing was heard of it since.
    [[nodiscard]] bool gone() const { return outcome == outcome::unknown; }

    [[nodiscard]] bool is_open() const { return !closed() && !gone(); }

    /// What it counts for among the apps of the closed ones that are remembered.
    [[nodiscard]] std::size_t weight() const { return apps.size() + (gone() ? steps.size() : 0); }

    /// A final event came.
    [[nodiscard]] bool closed() const { return succeeded != no_time || failed != no_time; }

    [[nodiscard]] TimeMs ended() const { return failed != no_time ? failed : succeeded; }

    [[nodiscard]] TimeMs duration() const;
    [[nodiscard]] Code kind() const;

    /// Whether one more step can be kept. False for a step in no list: it may be one not kept.
    [[nodiscard]] bool has_room() const { return !trimmed && steps.size() < steps_max; }

    /// Keeps a step if the bounds allow; whether it did.
    bool keep(const DeploymentStep& step);
    /// Lets go of what no later event changes.
    void trim();
};

/// The bit that `action` sets in Deployment::action_bits; 0 if it says nothing about the kind.
[[nodiscard]] std::uint8_t action_bit(std::string_view action);

}  // namespace tally::model
