#include "record/payloads.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "record/packed_view.hpp"

namespace tally::record {

Payloads::Payloads(sqlite3* db) : select_(db, packed_block_sql) {}

std::optional<std::string_view> Payloads::find(model::Seq seq, const PayloadNames& names) {
    if (!block_.covers(seq)) {
        load(seq);
    }
    return block_.find(seq, names);
}

/// Unpacks the block that covers `seq`, if there is one.
void Payloads::load(model::Seq seq) {
    select_.bind_all(seq);
    if (!select_.step() || select_.integer(1) < seq) {
        select_.reset();
        return;
    }
    const auto first = select_.integer(0);
    const auto unpacked = block_.unpack(first, select_.integer(1), select_.integer(2), select_.blob(3), static_cast<int>(select_.integer(4)));
    select_.reset();
    if (!unpacked) {
        throw SqliteError{SQLITE_CORRUPT, fmt::format("payload_block {}: {}", first, unpacked.error().what)};
    }
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
        const auto payload = payloads.find(
            sqlite3_value_int64(values[0]), packed_names(text(1), text(2), sqlite3_value_double(values[3]))
        );
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
        db.handle(), packed_function, packed_function_arguments, SQLITE_UTF8, payloads.get(), packed_payload, nullptr,
        nullptr, nullptr
    );
    if (code != SQLITE_OK) {
        throw SqliteError{code, "cannot add packed_payload()"};
    }
    db.execute(packed_view_sql);
    return payloads;
}

}  // namespace tally::record
