#include "record/wal_copier.hpp"

#include <chrono>
#include <filesystem>

#include "record/database.hpp"

namespace tally::record {

void WalCopier::start() {
    if (copying_.valid() && copying_.wait_for(std::chrono::seconds{0}) != std::future_status::ready) {
        return;
    }
    copying_ = std::async(std::launch::async, [path = path_] {
        try {
            Database(path, Database::Mode::write).execute("PRAGMA wal_checkpoint(PASSIVE)");
        } catch (const SqliteError&) {
            return;
        }
    });
}

void WalCopier::make_room(Database& db) {
    std::error_code none;
    const auto bytes = std::filesystem::file_size(path_ + "-wal", none);
    if (none || bytes <= wal_bytes_max_) {
        return;
    }
    if (copying_.valid()) {
        copying_.wait();
    }
    db.execute("PRAGMA wal_checkpoint(PASSIVE)");
}

}  // namespace tally::record
