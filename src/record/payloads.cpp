#include "record/payloads.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include <fmt/format.h>
#include <sqlite3.h>
#include <zstd.h>

#include "tally/base/assert.hpp"

namespace tally::record {

namespace {

/// A block holds one payload at least, which may be as large as an event may be.
constexpr std::uint64_t unpacked_max = std::uint64_t{2} << 30;

}  // namespace

Payloads::Payloads(sqlite3* db)
    : db_(db),
      select_(db, "SELECT first_seq, last_seq, events, packed, layout FROM payload_block WHERE first_seq <= ?"
                  " ORDER BY first_seq DESC LIMIT 1"),
      context_(ZSTD_createDCtx()) {
    TALLY_ASSERT(context_ != nullptr);
}

Payloads::~Payloads() { ZSTD_freeDCtx(context_); }

std::optional<std::string_view> Payloads::find(model::Seq seq, const PayloadNames& names) {
    if ((seq < first_ || seq > last_) && !load(seq)) {
        return std::nullopt;
    }
    const auto entry = std::lower_bound(
        entries_.begin(), entries_.end(), seq, [](const PayloadEntry& e, model::Seq wanted) { return e.seq < wanted; }
    );
    if (entry == entries_.end() || entry->seq != seq) {
        return std::nullopt;
    }
    whole_.clear();
    append_whole(whole_, std::string_view(raw_).substr(entry->begin, entry->bytes), names);
    return whole_;
}

/// Unpacks the block that covers `seq`, if there is one.
bool Payloads::load(model::Seq seq) {
    first_ = 0;
    last_ = -1;
    select_.bind_all(seq);
    if (!select_.step() || select_.integer(1) < seq) {
        select_.reset();
        return false;
    }
    const model::Seq first = select_.integer(0);
    const auto damaged = [&](std::string_view what) {
        select_.reset();
        return SqliteError{SQLITE_CORRUPT, fmt::format("payload_block {}: {}", first, what)};
    };
    const std::string_view packed = select_.blob(3);
    const auto count = static_cast<std::uint64_t>(select_.integer(2));
    const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
    if (size > unpacked_max) {
        throw damaged("no size");
    }
    raw_.resize(size);
    if (ZSTD_decompressDCtx(context_, raw_.data(), raw_.size(), packed.data(), packed.size()) != size) {
        throw damaged("cannot be unpacked");
    }
    if (!read_entries(raw_, static_cast<int>(select_.integer(4)), first, count, entries_)) {
        throw damaged("too short");
    }
    first_ = first;
    last_ = select_.integer(1);
    select_.reset();
    return true;
}

namespace {

void packed_payload(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
    auto& payloads = *static_cast<Payloads*>(sqlite3_user_data(context));
    try {
        const auto text = [&](int i) {
            const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(values[i]));
            return bytes == nullptr ? std::string_view{}
                                    : std::string_view(bytes, static_cast<std::size_t>(sqlite3_value_bytes(values[i])));
        };
        constexpr double ms_per_s = 1000;
        const PayloadNames names{.entity = text(1), .app = text(2), .time = std::llround(sqlite3_value_double(values[3]) * ms_per_s)};
        const auto payload = payloads.find(sqlite3_value_int64(values[0]), names);
        if (payload) {
            sqlite3_result_text64(context, payload->data(), payload->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
        }
    } catch (const SqliteError& error) {
        sqlite3_result_error(context, error.what.c_str(), -1);
    }
}

}  // namespace

std::unique_ptr<Payloads> show_packed_payloads(Database& db) {
    auto payloads = std::make_unique<Payloads>(db.handle());
    const int code = sqlite3_create_function_v2(
        db.handle(), "packed_payload", 4, SQLITE_UTF8, payloads.get(), packed_payload, nullptr, nullptr, nullptr
    );
    if (code != SQLITE_OK) {
        throw SqliteError{code, "cannot add packed_payload()"};
    }
    db.execute("CREATE TEMP VIEW v_events AS SELECT seq, time, ts, source, event_type, app, entity, deployment_id, clock,"
               " coalesce(payload, packed_payload(seq, entity, app, time)) AS payload FROM main.v_events");
    return payloads;
}

}  // namespace tally::record
