#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

#include "tally/base/assert.hpp"
#include "tally/base/time.hpp"

namespace tally::simulate {

/// What shall happen to `subject` when its time has come. `generation` lets the woken see that the
/// subject it was meant for is no more.
struct Wake {
    enum class What : std::uint8_t {
        incident,         // the next thing happens to the cluster
        advance,          // an instance: the next phase of its start
        probe,            // an instance: its health check runs
        crash,            // an instance: its process ends by itself
        killed,           // an instance: the executor has done its kill
        relaunch,         // an instance: the back-off is over (1.8)
        inactive,         // an instance: unreachable for long
        steer,            // an app: bring it to its target
        begin_step,       // a rollout
        agent_back,       // an agent
        agent_gone,       // an agent: its tasks will not come back
        stream_detached,  // some subscriber leaves
    };
    What what = What::incident;
    std::uint32_t subject = 0;
    std::uint32_t generation = 0;
};

/// Simulated time and what is to come. Two wakes of the same millisecond come in the order in which
/// they were asked for.
class Schedule {
  public:
    explicit Schedule(TimeMs start) : now_(start) {}

    [[nodiscard]] TimeMs now() const { return now_; }

    /// The time written into events: simulated time, or the wall clock when somebody sets it.
    [[nodiscard]] TimeMs stamp() const { return wall_.value_or(now_); }

    void set_stamp(TimeMs wall) { wall_ = wall; }

    void after(TimeMs wait, Wake wake) { queue_.push({now_ + wait, order_++, wake}); }

    /// Moves now() to the next wake and returns it. There is always one: the incidents never end.
    Wake next() {
        TALLY_ASSERT(!queue_.empty());
        const Entry entry = queue_.top();
        queue_.pop();
        now_ = entry.at;
        return entry.wake;
    }

  private:
    struct Entry {
        TimeMs at = 0;
        std::uint64_t order = 0;
        Wake wake;

        bool operator<(const Entry& other) const {  // std::priority_queue has its greatest on top
            return at != other.at ? at > other.at : order > other.order;
        }
    };

    TimeMs now_;
    std::optional<TimeMs> wall_;
    std::uint64_t order_ = 0;
    std::priority_queue<Entry> queue_;
};

}  // namespace tally::simulate
