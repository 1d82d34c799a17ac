#pragma once

#include <map>
#include <vector>

#include "record/input_rows.hpp"
#include "record/insert.hpp"
#include "record/slots.hpp"
#include "record/texts.hpp"

namespace tally::record {

/// Writes what happened: rows that are only ever added.
class FactRows {
  public:
    FactRows(Database& db, Texts& texts);

    /// The births of the batch must have been taken.
    void write(const model::Batch& batch, const Slots& slots);
    /// After a rollback.
    void forget() { inputs_.forget(); }

  private:
    void write_payloads(const model::Batch& batch);
    void write_identities(const model::Batch& batch);
    void write_checks(const model::Batch& batch);
    void write_marks(const model::Batch& batch);
    void write_plain(const model::PlainFact& fact);

    InputRows inputs_;
    Insert payloads_;
    std::vector<const model::EventFact*> kept_;
    std::map<model::SourceId, model::Seq> alive_;  ///< the last mark of a source, if it was `alive`
    Statement insert_block_, insert_identity_, insert_rejected_, insert_kill_, upsert_check_, end_checks_,
        insert_mark_, delete_mark_, insert_correction_;
    Statement insert_api_call_, insert_group_change_, insert_scheduler_event_, insert_subscriber_,
        insert_unknown_termination_, insert_framework_message_;
};

}  // namespace tally::record
