#pragma once

#include "record/database.hpp"
#include "record/slots.hpp"
#include "tally/model/world.hpp"

namespace tally::record {

/// Puts tasks and instances back, those that live and those remembered: nearly all of a start. The apps must be there.
/// Reads on a thread of its own while it restores, and returns when both are done: `db` is the caller's again. Throws
/// SqliteError.
void restore_entities(Database& db, Slots& slots, const model::SourceRow& source, model::World& world);

}  // namespace tally::record
