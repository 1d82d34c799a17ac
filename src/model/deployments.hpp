#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string_view>
#include <utility>

#include <boost/unordered/unordered_flat_set.hpp>

#include "books.hpp"
#include "deployment.hpp"
#include "keyed_pool.hpp"
#include "live_names.hpp"
#include "tally/model/mark.hpp"

namespace tally::model {

/// All deployments of a source, open ones and the last closed ones, and the versions Marathon
/// refused.
class Deployments {
  public:
    Deployments(Books& books, const World::Options& options)
        : books_(books),
          closed_max_(options.closed_max),
          closed_apps_max_(options.closed_apps_max) {}

    /// deployment_info, deployment_step_*, deployment_success, deployment_failed. The slot of the
    /// deployment.
    Slot apply(const decode::Event& event, const Moment& now, Batch& out);

    /// A snapshot shows it running. Nothing changes where it is known to run, or its end was observed.
    void infer_running(const Difference& difference, Batch& out);
    /// A snapshot does not show it any more. Nothing changes where it is not known to run.
    void infer_gone(std::string_view id, const Moment& now, Batch& out);

    [[nodiscard]] Slot find(const Hash128& id) const { return pool_.find(id); }

    [[nodiscard]] const Deployment& operator[](Slot slot) const { return pool_[slot]; }

    /// Those that run.
    [[nodiscard]] const LiveNames& live() const { return names_; }

    /// group_change_failed: the request of that version was refused.
    void refuse(std::string_view version, const Moment& now, Batch& out);

    /// The closed_seq of the last one forgotten; 0: none yet.
    [[nodiscard]] Seq forgotten() const { return forgotten_; }

    void restore_forgotten(Seq seq) { forgotten_ = seq; }

    void finish() { pool_.release_freed(); }

    [[nodiscard]] std::int64_t running() const {
        return static_cast<std::int64_t>(pool_.size() - pool_.idle_count());
    }

    [[nodiscard]] TimeMs oldest_start() const {
        return open_.empty() ? no_time : open_.begin()->first;
    }

    [[nodiscard]] Slot restore(const DeploymentRow& row);
    void restore(const DeploymentStepRow& row);
    void restore(const DeploymentAppRow& row);
    void restore_refused(TimeMs version);

  private:
    using ByTime = std::set<std::pair<TimeMs, Slot>>;

    void open(Slot slot, std::string_view id);
    void close(Slot slot, const Moment& now);
    void take_as_done(Slot slot, std::int64_t steps_done, Batch& out);
    void learn_plan(Slot slot, const decode::Event& event, Batch& out);
    void learn_actions(Slot slot, decode::Step step, Batch& out);
    [[nodiscard]] Code action_code(std::string_view name, Batch& out);
    void settle_apps(Slot slot);
    void add_step(Slot slot, decode::Step step, const StepKey& key, Batch& out);
    void info(Slot slot, const decode::Event& event, const Moment& now, Batch& out);
    void close_step(Slot slot, const decode::Event& event, const Moment& now, Batch& out);
    void observe_step(decode::Step step, TimeMs duration, Batch& out);
    void final_event(Slot slot, const decode::Event& event, const Moment& now, Batch& out);
    void count(Slot slot, Batch& out);
    void show_last(Apps::Index index, TimeMs ended, TimeMs duration);
    void judge(Slot slot, const Moment& now, Batch& out);
    void judge_rivals_of(Slot slot, const Moment& now, Batch& out);
    void correct(Slot slot, Code outcome, const Moment& now, Batch& out);
    void forget_oldest();

    [[nodiscard]] bool has_final(Slot slot, decode::EventType type) const;
    [[nodiscard]] Code outcome_of(Slot slot) const;
    [[nodiscard]] bool is_refused(Slot slot) const;
    [[nodiscard]] bool has_rival(Slot slot) const;
    [[nodiscard]] bool share_app(const Deployment& one, const Deployment& other) const;
    void write_row(Slot slot, std::string_view reason, Batch& out);
    void write_step(Slot slot, const DeploymentStep& step, Batch& out);

    Books& books_;
    std::size_t closed_max_;
    std::size_t closed_apps_max_;
    std::size_t closed_apps_ = 0;  ///< the weight of all closed and gone ones that are remembered
    Seq forgotten_ = 0;
    KeyedPool<Deployment> pool_;
    LiveNames names_;
    ByTime requested_;                   ///< with a known request time
    ByTime failed_;                      ///< by the time of deployment_failed
    ByTime open_;                        ///< running, by start
    std::vector<Apps::Index> new_apps_;  // of the event being folded, until settle_apps
    boost::unordered_flat_set<std::uint64_t> new_app_actions_;  // the same
    boost::unordered_flat_set<TimeMs> refused_;
    std::deque<TimeMs> refused_order_;
};

}  // namespace tally::model
