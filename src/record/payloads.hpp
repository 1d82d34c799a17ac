#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "record/database.hpp"
#include "record/unpacked_block.hpp"

namespace tally::record {

/// Reads payloads out of blocks; the last block stays unpacked, so that reading in order is cheap.
class Payloads {
  public:
    explicit Payloads(sqlite3* db);

    /// The payload of an event whose row has those names, until the next call; nothing if no block has it. Throws
    /// SqliteError, also for a block that is damaged.
    [[nodiscard]] std::optional<std::string_view> find(model::Seq seq, const PayloadNames& names);

  private:
    void load(model::Seq seq);

    Statement select_;
    UnpackedBlock block_;
};

/// Lets this connection see packed payloads: v_events is then a view of the connection whose payload is whole
/// (by a function packed_payload(seq, ...)). The file is not changed. What comes back must die before `db`, and no query may
/// run after it: it holds a statement of `db`, and a connection is not closed while it has one. (For connections of others
/// src/extension does the same.)
[[nodiscard]] std::unique_ptr<Payloads> show_packed_payloads(Database& db);

}  // namespace tally::record
