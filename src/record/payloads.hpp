#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/database.hpp"
#include "record/payload_layout.hpp"
#include "record/payload_short.hpp"

struct ZSTD_DCtx_s;

namespace tally::record {

/// Reads payloads out of blocks; the last block stays unpacked, so that reading in order is cheap.
class Payloads {
  public:
    explicit Payloads(sqlite3* db);
    ~Payloads();
    Payloads(const Payloads&) = delete;
    Payloads& operator=(const Payloads&) = delete;

    /// The payload of an event whose row has those names, until the next call; nothing if no block has it. Throws
    /// SqliteError, also for a block that is damaged.
    [[nodiscard]] std::optional<std::string_view> find(model::Seq seq, const PayloadNames& names);

  private:
    bool load(model::Seq seq);

    sqlite3* db_;
    Statement select_;
    ZSTD_DCtx_s* context_;
    model::Seq first_ = 0, last_ = -1;  ///< what `raw_` covers
    std::string raw_;
    std::string whole_;
    std::vector<PayloadEntry> entries_;
};

/// Lets this connection see packed payloads: v_events is then a view of the connection whose payload is whole
/// (by a function packed_payload(seq, ...)). The file is not changed. What comes back must die before `db`, and no query may
/// run after it: it holds a statement of `db`, and a connection is not closed while it has one.
[[nodiscard]] std::unique_ptr<Payloads> show_packed_payloads(Database& db);

}  // namespace tally::record
