#pragma once

#include <string_view>

#include "books.hpp"
#include "deployments.hpp"
#include "tally/decode/event.hpp"

namespace tally::model {

/// The rare events that are kept as they are, a row each, and counted (semantics.md section 6).
class PlainEvents {
  public:
    PlainEvents(Books& books, Deployments& deployments)
        : books_(books), deployments_(deployments) {}

    /// `app` is that of the event, 0: it has none. Events of another kind make nothing.
    void fold(const decode::Event& event, Apps::Index app, const Moment& now, Batch& out);

  private:
    void api_call(const decode::Event& event, Apps::Index app, const Moment& now, Batch& out);
    void group_change(const decode::Event& event, Apps::Index app, const Moment& now, Batch& out);
    void scheduler(const decode::Event& event, Apps::Index app, const Moment& now, Batch& out);
    void unknown_end(const decode::Event& event, Apps::Index app, const Moment& now, Batch& out);
    void message(const decode::Event& event, Apps::Index app, const Moment& now, Batch& out);
    void add(PlainFact fact, Apps::Index app, const Moment& now, Batch& out);
    void count(Family family, LabelKind kind, std::string_view name, Batch& out);

    Books& books_;
    Deployments& deployments_;
};

}  // namespace tally::model
