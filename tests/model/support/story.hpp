#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/support/ledger.hpp"
#include "model/support/said.hpp"
#include "tally/model/world.hpp"

namespace tally::model {

/// Labels of a number in the snapshot; an empty app is no app label.
struct SeriesLabels {
    std::string_view app{}, a{}, b{};
};

/// A World that hears one event after the other, and the Ledger of what it found out. A replay by
/// default: the wall clock is ten years after the story. Every question ends the batch first.
class Story {
  public:
    explicit Story(World::Options options = {});

    /// Folds one event of a replay.
    void hear(const decode::Event& event) { hear_from(0, event); }

    /// Folds one event of the replay of a file.
    void hear_from(std::uint64_t file, const decode::Event& event);
    /// Folds one event of a stream that arrived at `wall`.
    void hear_live(const decode::Event& event, TimeMs wall);

    /// The same, by a connection of its own.
    void hear_on(std::uint64_t connection, const decode::Event& event, TimeMs wall);
    /// Folds what the daemon itself has to say.
    void mark(const Mark& mark);

    template <class... Events>
    void hear_all(const Events&... events) {
        (hear(events), ...);
    }

    void reject(decode::RejectReason reason, std::string_view sample, TimeMs received);

    /// Compares the snapshot and applies what is different, as of the moment it was asked for.
    std::vector<Difference> reconcile(const decode::Snapshot& snapshot, const World::Comparison& how);

    /// Ends the batch.
    void cut();
    /// The same story after a stop of the program: a new World, restored from the Ledger.
    [[nodiscard]] Story restarted();

    [[nodiscard]] World& world() { return *world_; }

    [[nodiscard]] Ledger& ledger();

    [[nodiscard]] Seq seq() const { return seq_; }

    [[nodiscard]] std::vector<std::string> transitions(std::string_view task);
    [[nodiscard]] std::vector<std::string> late(std::string_view task);
    [[nodiscard]] std::vector<std::string> instance_transitions(std::string_view instance);
    [[nodiscard]] std::vector<std::string> health(std::string_view entity);
    [[nodiscard]] std::vector<std::string> corrections(std::string_view deployment);

    [[nodiscard]] const TaskRow& task_row(const std::string& name) {
        return ledger().tasks.at(name);
    }

    [[nodiscard]] const InstanceRow& instance_row(const std::string& name) {
        return ledger().instances.at(name);
    }

    [[nodiscard]] const DeploymentRow& deployment_row(const std::string& id) {
        return ledger().deployments.at(id);
    }

    [[nodiscard]] const DeploymentStepRow& step_row(const std::string& id, std::int64_t n) {
        return ledger().steps.at({id, n}).row;
    }

    [[nodiscard]] Ledger::Hour hour(const std::string& app, std::chrono::hours after);

    /// The value in the snapshot, -1 if there is no such series.
    [[nodiscard]] std::int64_t number(Family family, SeriesLabels labels = {}) const;
    [[nodiscard]] std::uint64_t observed(HistogramFamily family, std::string_view a = {}) const;
    [[nodiscard]] TimeMs observed_sum(HistogramFamily family, std::string_view a = {}) const;
    [[nodiscard]] AppSample app(std::string_view label) const;
    /// Everything in the snapshot, a line each, sorted.
    [[nodiscard]] std::vector<std::string> snapshot() const;

  private:
    void apply(
        const decode::Event& event, const Stamp& stamp, std::uint64_t connection, bool replay
    );

    World::Options options_;
    std::unique_ptr<AppId> next_app_ = std::make_unique<AppId>(1);
    std::unique_ptr<World> world_;
    Ledger ledger_;
    Batch batch_;
    Seq seq_ = 0;
    bool told_ = false;  ///< the batch holds something
};

/// A test that tells a story.
class StoryTest : public ::testing::Test, public Story {
  protected:
    explicit StoryTest(World::Options options = {}) : Story(std::move(options)) {}
};

}  // namespace tally::model
