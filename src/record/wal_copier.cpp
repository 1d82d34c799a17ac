#include "record/wal_copier.hpp"

#include <chrono>

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

void WalCopier::wait() {
    if (copying_.valid()) {
        copying_.wait();
    }
}

}  // namespace tally::record
