#pragma once

#include <string>
#include <string_view>

#include "books.hpp"
#include "deployments.hpp"
#include "instances.hpp"
#include "plain_events.hpp"
#include "rejections.hpp"
#include "stream.hpp"
#include "tally/model/world.hpp"
#include "tasks.hpp"

namespace tally::model {

/// The fold of one source: which machine an event goes to, and what it says of its app. The
/// machines are open to World, which restores them.
class Fold {
  public:
    Fold(SourceId id, std::string name, const World::Options& options, AppId& next_app)
        : name_(std::move(name)),
          books_(id, options, next_app),
          instances_(books_, options.ended_max),
          tasks_(books_, instances_, options.ended_max),
          deployments_(books_, options),
          plain_(books_, deployments_),
          rejections_(books_),
          stream_(books_, instances_) {}

    void apply(const decode::Event& event, const World::Input& input, Batch& out);
    void apply(const Mark& mark, Seq seq, Batch& out);
    /// A mark of kind reconciled: its differences become inferred facts, each with a seq of its own from `seq` on.
    /// One that does not fit (any more) changes nothing.
    void apply_differences(const Mark& mark, Seq seq, Batch& out);
    void finish(Batch& out);

    std::string name_;
    Books books_;
    Instances instances_;
    Tasks tasks_;
    Deployments deployments_;
    PlainEvents plain_;
    Rejections rejections_;
    Stream stream_;

  private:
    using Event = decode::Event;

    void apply_difference(const Difference& difference, const Moment& now, Batch& out);
    void apply_health(const Difference& difference, Apps::Index app, const Moment& now, Batch& out);
    void apply_app(const Difference& difference, const Moment& now);
    void fold(const Event& event, const Moment& now, EventFact& fact, Batch& out);
    void fold_status(const Event& event, const Moment& now, EventFact& fact, Batch& out);
    void fold_instance(const Event& event, const Moment& now, EventFact& fact, Batch& out);
    void fold_health(const Event& event, const Moment& now, EventFact& fact, Batch& out);
    void fold_failure(const Event& event, const Moment& now, EventFact& fact, Batch& out);
    void fold_kill(const Event& event, const Moment& now, Batch& out);
    void fold_check(const Event& event, const Moment& now, Batch& out);
    void tell_check(
        const decode::HealthCheck& check, std::string_view key, const Moment& now, Batch& out
    );
    void see_app(const Event& event, TimeMs received);

    /// What is known by an id: it is hashed and looked up once per event.
    struct Known {
        std::string_view id{};
        Hash128 key{};
        Slot instance = no_slot;  ///< that has this very id
        Slot task = no_slot;      ///< if no instance has
    };

    [[nodiscard]] Known look_up(std::string_view id, bool is_task) const;
    [[nodiscard]] Apps::Index app_of(const Event& event, const Known& known);
    [[nodiscard]] Slot instance_of(const Moment& now, EventFact& fact, Batch& out);
    [[nodiscard]] Slot instance_of(const Known& known, const Moment& now, Batch& out);
    [[nodiscard]] EntityRef entity_of(const Known& known, Batch& out) const;
    [[nodiscard]] EntityRef entity(std::string_view id, Batch& out) const {
        return entity_of(look_up(id, false), out);
    }

    Apps::Index app_ = 0;  ///< of the event being folded; 0: it has none
    Known known_;          ///< by its id
    std::string check_key_;  ///< of its check
};

}  // namespace tally::model
