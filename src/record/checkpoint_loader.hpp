#pragma once

#include <string>

#include "record/database.hpp"

namespace tally::record {

/// Puts the state of a checkpoint of `from` into the new, empty history at `to`: what a World is restored from, and rows of those
/// that it had forgotten by then, which go on if they are heard of again. Throws SqliteError.
///
/// Those have their end at 0, before every input. Names, hosts, versions and reasons are those of today: the fold has no need of them,
/// and writes them again where it changes them.
void load_checkpoint(Database& from, model::Seq seq, const std::string& to);

}  // namespace tally::record
