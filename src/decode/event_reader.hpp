#pragma once

#include "decode/app_name.hpp"
#include "decode/fields.hpp"
#include "decode/plan_reader.hpp"
#include "tally/decode/event.hpp"

namespace tally::decode {

/// The members of an event -> Event, by its type. Owns what the Event's views point to beside the
/// parsed document; valid until the next read().
class EventReader {
  public:
    /// `event` is fresh but for type_name, which is set. Fills in everything else, `missing` too.
    void read(const Fields& fields, Event& event);

    /// Gives all memory back.
    void shrink();

  private:
    void read_ids(const Fields& fields, Event& event);
    void read_app_or_derive(const Fields& fields, Event& event);
    void read_status_update(const Fields& fields, Event& event);
    void read_instance(const Fields& fields, Event& event);
    void read_unknown_terminated(const Fields& fields, Event& event);
    void read_health(const Fields& fields, Event& event);
    void read_kill(const Fields& fields, Event& event);
    void read_deployment(const Fields& fields, Event& event);
    void read_api_call(const Fields& fields, Event& event);
    void read_unknown(const Fields& fields, Event& event);

    AppName app_name_;
    PlanReader plan_reader_;
};

}  // namespace tally::decode
