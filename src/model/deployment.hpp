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
    bool open = false;
    Code result = none_code;  ///< outcome::success or outcome::failed once it is done
    TimeMs started = no_time;
    TimeMs ended = no_time;
    std::uint64_t connection = 0;  ///< that opened it
};

/// One deployment (semantics.md section 4).
///
///     (first event) -> running --deployment_success--> success
///                              --deployment_failed---> rejected, canceled or failed
///
/// deployment_info opens a step or is a rerun; step_success and step_failure close it. Both finals:
/// failed wins. What `failed` is called can change when another deployment or a refused request
/// becomes known.
struct Deployment : Keyed {
    std::vector<DeploymentStep> steps;
    std::vector<Apps::Index> apps;  ///< distinct, ascending
    std::vector<std::uint64_t>
        app_actions;  ///< app << 16 | action code, distinct, ascending; not other_code
    TimeMs requested = no_time;
    TimeMs started = no_time;
    TimeMs succeeded = no_time;
    TimeMs failed = no_time;
    std::int64_t reruns = 0;
    Code outcome = outcome::running;
    Code counted_outcome = none_code;
    Code counted_kind = none_code;
    std::uint8_t action_bits = 0;
    bool plan_known = false;
    bool has_info = false;
    bool reason_cancels = false;
    bool contradicted = false;
    Seq closed_seq = 0;

    [[nodiscard]] bool closed() const { return succeeded != no_time || failed != no_time; }

    [[nodiscard]] TimeMs ended() const { return failed != no_time ? failed : succeeded; }

    [[nodiscard]] TimeMs duration() const;
    [[nodiscard]] Code kind() const;
};

/// The bit that `action` sets in Deployment::action_bits.
[[nodiscard]] std::uint8_t action_bit(std::string_view action);

}  // namespace tally::model
