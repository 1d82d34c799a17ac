// marathon_tally.so: lets sqlite3, Python and everything else that loads extensions of SQLite see packed payloads. It calls
// SQLite by the table of functions that it is given: that of the program it is loaded into, not one of our own.
#include <cstring>
#include <memory>
#include <new>
#include <string>

#include <sqlite3ext.h>

#include "record/packed_view.hpp"
#include "record/unpacked_block.hpp"

SQLITE_EXTENSION_INIT1

namespace {

using tally::record::UnpackedBlock;

struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

std::string_view text_of(sqlite3_value* value) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
    return text == nullptr ? std::string_view{}
                           : std::string_view(text, static_cast<std::size_t>(sqlite3_value_bytes(value)));
}

/// Unpacks the block that may have the event. What is wrong; empty: nothing. A statement for each block: one that stayed
/// prepared would keep the connection from being closed.
std::string load(sqlite3* db, sqlite3_int64 seq, UnpackedBlock& block) {
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v2(db, tally::record::packed_block_sql, -1, &prepared, nullptr) != SQLITE_OK) {
        return sqlite3_errmsg(db);
    }
    const std::unique_ptr<sqlite3_stmt, Finalize> select(prepared);
    sqlite3_bind_int64(select.get(), 1, seq);
    const int code = sqlite3_step(select.get());
    if (code != SQLITE_ROW) {
        return code == SQLITE_DONE ? "" : sqlite3_errmsg(db);
    }
    const sqlite3_int64 last = sqlite3_column_int64(select.get(), 1);
    if (last < seq) {
        return "";
    }
    const auto* packed = static_cast<const char*>(sqlite3_column_blob(select.get(), 3));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(select.get(), 3));
    const auto unpacked = block.unpack(
        sqlite3_column_int64(select.get(), 0), last, sqlite3_column_int64(select.get(), 2), {packed, size},
        sqlite3_column_int(select.get(), 4)
    );
    return unpacked ? "" : "payload_block: " + unpacked.error().what;
}

void show_payload(sqlite3_context* context, sqlite3_value** values) {
    auto& block = *static_cast<UnpackedBlock*>(sqlite3_user_data(context));
    const sqlite3_int64 seq = sqlite3_value_int64(values[0]);
    if (!block.covers(seq)) {
        const std::string fault = load(sqlite3_context_db_handle(context), seq, block);
        if (!fault.empty()) {
            sqlite3_result_error(context, fault.c_str(), -1);
            return;
        }
    }
    const auto names = tally::record::packed_names(text_of(values[1]), text_of(values[2]), sqlite3_value_double(values[3]));
    if (const auto payload = block.find(seq, names)) {
        sqlite3_result_text64(context, payload->data(), payload->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    }
}

/// Nothing may be thrown into SQLite.
void packed_payload(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
    try {
        show_payload(context, values);
    } catch (...) {
        sqlite3_result_error_nomem(context);
    }
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int sqlite3_extension_init(
    sqlite3* db, char** error, const sqlite3_api_routines* api
) {
    SQLITE_EXTENSION_INIT2(api)
    auto* block = new (std::nothrow) UnpackedBlock;
    const int code = block == nullptr ? SQLITE_NOMEM
                                      : sqlite3_create_function_v2(
                                            db, tally::record::packed_function, tally::record::packed_function_arguments,
                                            SQLITE_UTF8, block, packed_payload, nullptr, nullptr,
                                            [](void* one) { delete static_cast<UnpackedBlock*>(one); }
                                        );
    return code != SQLITE_OK ? code : sqlite3_exec(db, tally::record::packed_view_sql, nullptr, nullptr, error);
}
