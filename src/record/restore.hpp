#pragma once

#include "record/database.hpp"
#include "record/rows.hpp"
#include "tally/model/world.hpp"

namespace tally::record {

/// Reads what is current, and what is remembered of what ended, back into a new World. Slots are set so that
/// the next batch goes on in the same rows. Throws SqliteError.
void restore_world(Database& db, Slots& slots, model::World& world);

}  // namespace tally::record
