#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "tally/model/world.hpp"

namespace tally::model {

/// A pretend database: takes in Batches as record does (rows over rows of the same name, facts one
/// after the other), answers questions about them, and gives a new World its state back. Names
/// instead of slots everywhere, so that two Ledgers that hold the same facts are equal line by
/// line.
class Ledger {
  public:
    explicit Ledger(const World::Options& options)
        : ended_max_(options.ended_max), closed_max_(options.closed_max) {}

    void absorb(const Batch& batch);

    /// Gives everything back in the order the World asks for, and knows its slots from then on.
    void restore(World& world);

    struct Fact {
        Seq seq;
        std::string table, name;
        std::string text;  ///< the heart of it: `none -> TASK_RUNNING after 5000`
        std::string rest;  ///< the other columns
    };

    [[nodiscard]] const std::vector<Fact>& facts() const { return facts_; }

    /// The texts of a table's facts, of one name or of all.
    [[nodiscard]] std::vector<std::string> texts(std::string_view table, std::string_view name = {})
        const;
    /// `NAME: TEXT (REST)` of a table's facts.
    [[nodiscard]] std::vector<std::string> lines(std::string_view table) const;

    struct Hour {
        std::int64_t failures = 0, flaps = 0, kills = 0;
        TimeMs unhealthy_ms = 0, observed_ms = 0;
        friend bool operator==(const Hour&, const Hour&) = default;
    };

    struct Step {
        DeploymentStepRow row;
        std::string actions;
    };

    struct Tally {  ///< a series without its app's number
        std::string family, app, a, b;
        friend auto operator<=>(const Tally&, const Tally&) = default;
    };

    using AppAction = std::tuple<std::string, std::string, std::string>;  // deployment, app, action

    std::map<std::string, TaskRow> tasks;
    std::map<std::string, InstanceRow> instances;
    std::map<std::string, DeploymentRow> deployments;
    std::map<std::pair<std::string, std::int64_t>, Step> steps;
    std::map<AppAction, bool> deployment_apps;  ///< whether counted
    std::map<AppId, AppRow> apps;
    std::map<std::pair<std::string, TimeMs>, Hour> hours;
    std::map<std::string, std::map<std::string, double>> checks;  ///< app, key: interval
    std::map<Tally, std::int64_t> series;
    std::map<std::string, std::string> task_instances;
    std::map<std::uint32_t, SessionRow> sessions;
    std::map<std::uint32_t, GapRow> gaps;

    [[nodiscard]] const SourceRow& source() const { return source_; }

    [[nodiscard]] std::string app_name(AppId app) const;

    /// All tables, and the facts of inputs after `after`, a line each.
    [[nodiscard]] std::vector<std::string> dump(Seq after = 0) const;

  private:
    void absorb_rows(const Batch& batch);
    void absorb_stream(const Batch& batch);
    void restore_stream(World& world) const;
    void absorb_deployments(const Batch& batch);
    /// In the order of the fold, whatever the batches were.
    [[nodiscard]] std::vector<const Fact*> in_order(Seq after) const;
    void forget_parts(std::string_view deployment);
    void absorb_numbers(const Batch& batch);
    void absorb_facts(const Batch& batch);
    void absorb_rare_facts(const Batch& batch);
    void add(Seq seq, std::string_view table, std::string name, std::string text, std::string rest);
    void refuse(std::string_view version);
    void restore_rejected(World& world) const;
    std::string_view own(std::string_view text);
    [[nodiscard]] std::string name_of(const EntityRef& entity) const;

    std::size_t ended_max_;
    std::size_t closed_max_;
    std::shared_ptr<std::deque<std::string>> text_ = std::make_shared<std::deque<std::string>>();
    std::vector<Fact> facts_;
    SourceRow source_;
    std::vector<LabelRow> labels_;
    std::vector<CellRow> cells_;
    std::map<std::pair<int, std::string>, HistogramRow> histograms_;
    std::map<Slot, std::string> task_names_, instance_names_, deployment_names_;
    std::deque<TimeMs> refused_;
    std::vector<std::pair<std::string, TimeMs>> rejected_;  ///< reason, receive time
};

[[nodiscard]] std::string text_of(TimeMs time_or_none);

}  // namespace tally::model
