#include "tally/record/history.hpp"

#include <sys/statvfs.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <random>

#include <fmt/format.h>
#include <sqlite3.h>

#include "record/cold_payloads.hpp"
#include "record/database.hpp"
#include "record/history_error.hpp"
#include "record/lock_file.hpp"
#include "record/open_files.hpp"
#include "record/restore.hpp"
#include "record/retainer.hpp"
#include "record/rewrite.hpp"
#include "record/rows.hpp"
#include "record/schema.hpp"
#include "record/wal_copier.hpp"
#include "tally/base/assert.hpp"

namespace tally::record {

namespace {

HistoryError removed(const std::string& path) {
    return {HistoryError::Kind::removed, fmt::format("{} was removed or replaced", path)};
}

/// Pages go straight into the file, once and not twice; a rollback journal has those that were there before, hardly any in a new file.
/// Nobody else can read until share(). False: somebody reads, and all stays as it was.
bool keep_alone(Database& db) {
    try {
        db.execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL");
        return true;
    } catch (const SqliteError&) {
        return false;
    }
}

void share(Database& db) { db.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"); }

/// The writing connection and all that hangs on it.
struct Connection {
    Connection(const std::string& path, SourceSlots& slots, std::atomic<bool>& abandoned)
        : db(open(path)), rows(db, slots), cold_payloads(db), retainer(db, path), files(std::make_shared<OpenFiles>(path)) {
        constexpr int instructions = 10'000;  // of SQLite's machine: about a millisecond
        sqlite3_progress_handler(
            db.handle(), instructions,
            [](void* stop) { return static_cast<std::atomic<bool>*>(stop)->load() ? 1 : 0; }, &abandoned
        );
    }

    static Database open(const std::string& path) {
        make_private(path);
        Database db(path, Database::Mode::write);
        prepare_file(db, path);
        return db;
    }

    Database db;
    Rows rows;
    ColdPayloads cold_payloads;
    Retainer retainer;
    std::shared_ptr<OpenFiles> files;
};

}  // namespace

struct History::Impl {
    explicit Impl(const std::string& database) : path(database), lock(database) {
        remove_half_made(database);
        connect();
    }

    /// What is open is closed first, so that a transaction it may be stuck in is over.
    void connect() {
        connection.reset();
        connection = std::make_unique<Connection>(path, slots, abandoned);
        const std::scoped_lock guard(mutex);
        files = connection->files;
    }

    [[nodiscard]] Database& db() {
        if (connection == nullptr) {
            throw SqliteError{SQLITE_CANTOPEN, fmt::format("{} has to be opened again", path)};
        }
        return connection->db;
    }

    void begin();
    /// Where the next start has to read on: the least place of all sources, which are all in the batches of a daemon.
    void write_journal_begin(const std::vector<model::Batch*>& batches);
    void restore();
    [[nodiscard]] HistoryError failed(const SqliteError& error);
    template <class Act>
    HistoryResult<std::uint64_t> tend(Act act);

    std::string path;
    LockFile lock;
    std::atomic<bool> abandoned = false;
    SourceSlots slots;
    std::unique_ptr<Connection> connection;  ///< none: it has to be opened again
    std::optional<WalCopier> wal_copier;     ///< while a bulk load runs
    bool is_alone = false;    ///< no WAL: nobody else can read before the first commit
    bool in_transaction = false;  ///< a transaction is: it has facts, but not yet the rows of state
    bool is_removed = false;      ///< what is written now would be found by nobody
    std::atomic<std::uint64_t> restorations = 0;
    std::mutex mutex;  // guards the following
    std::shared_ptr<OpenFiles> files;
};

History::History(const std::string& path) {
    try {
        impl_ = std::make_unique<Impl>(path);
    } catch (const SqliteError& error) {
        throw CannotStart{fmt::format("cannot open database {}: {}", path, error.what)};
    }
}

History::~History() = default;

model::SourceId History::source(const std::string& name) {
    Statement find = impl_->db().prepare("SELECT source_id FROM source WHERE name = ?");
    find.bind_all(std::string_view(name));
    if (find.step()) {  // most are there; finding needs no lock
        return static_cast<model::SourceId>(find.integer(0));
    }
    Statement insert = impl_->db().prepare("INSERT INTO source(name) VALUES (?)");
    insert.run(std::string_view(name));
    return static_cast<model::SourceId>(impl_->db().last_id());
}

std::vector<History::Source> History::sources() {
    std::vector<Source> sources;
    Statement all = impl_->db().prepare("SELECT source_id, name FROM source ORDER BY source_id");
    while (all.step()) {
        sources.push_back({static_cast<model::SourceId>(all.integer(0)), std::string(all.text(1))});
    }
    return sources;
}

model::Seq History::last_seq() {
    Statement last = impl_->db().prepare(
        "SELECT max(coalesce((SELECT max(seq) FROM input), 0), coalesce((SELECT max(last_seq) FROM mark), 0),"
        " coalesce((SELECT max(seq) FROM checkpoint), 0))"
    );
    return last.step() ? last.integer(0) : 0;
}

History::JournalPlace History::journal_place(model::SourceId source) {
    Statement place = impl_->db().prepare("SELECT journal_position, journal_holds FROM source WHERE source_id = ?");
    place.bind_all(source);
    return place.step() ? JournalPlace{.position = static_cast<std::uint64_t>(place.integer(0)),
                                       .holds = place.integer(1) != 0}
                        : JournalPlace{};
}

std::uint64_t History::journal_begin() {
    Statement begin = impl_->db().prepare("SELECT value FROM meta WHERE key = 'journal_begin'");
    return begin.step() ? static_cast<std::uint64_t>(begin.integer(0)) : 0;
}

void History::Impl::write_journal_begin(const std::vector<model::Batch*>& batches) {
    std::uint64_t begin = 0;
    for (const model::Batch* batch : batches) {
        begin = begin == 0 || batch->journal < begin ? batch->journal : begin;
    }
    if (begin != 0) {
        Statement put = db().prepare("INSERT OR REPLACE INTO meta VALUES ('journal_begin', ?)");
        put.run(begin);
    }
}

model::AppId History::next_app() {
    Statement last = impl_->db().prepare("SELECT max(app_id) FROM app");
    return static_cast<model::AppId>(last.step() ? last.integer(0) + 1 : 1);
}

std::uint64_t History::next_connection() {
    Statement next = impl_->db().prepare(
        "INSERT INTO meta VALUES ('next_connection', 2) ON CONFLICT DO UPDATE SET value = value + 1"
        " RETURNING value - 1"
    );
    (void)next.step();
    const auto connection = static_cast<std::uint64_t>(next.integer(0));
    (void)next.step();
    return connection;
}

std::uint64_t History::recording(const Hash128& beginning) {
    const std::string key = fmt::format("recording_{:016x}{:016x}", beginning.high, beginning.low);
    Statement find = impl_->db().prepare("SELECT value FROM meta WHERE key = ?");
    find.bind_all(std::string_view(key));
    if (find.step()) {
        return static_cast<std::uint64_t>(find.integer(0));
    }
    const std::uint64_t number = next_connection();
    Statement insert = impl_->db().prepare("INSERT INTO meta VALUES (?, ?)");
    insert.run(std::string_view(key), number);
    return number;
}

std::uint64_t History::number() {
    std::random_device random;
    const std::uint64_t one = (std::uint64_t{random()} << 31U) ^ random() ^ 1U;  // below 2^63: SQLite's are signed
    Statement insert = impl_->db().prepare("INSERT OR IGNORE INTO meta VALUES ('history_number', ?)");
    insert.run(one == 0 ? 1 : one);
    Statement find = impl_->db().prepare("SELECT value FROM meta WHERE key = 'history_number'");
    (void)find.step();
    const auto number = static_cast<std::uint64_t>(find.integer(0));
    find.reset();
    return number;
}

void History::Impl::begin() {
    if (connection == nullptr) {
        if (FileId::at(path) == FileId{}) {
            throw SqliteError{SQLITE_CANTOPEN, removed(path).what};  // a new one would be empty
        }
        connect();
    }
    constexpr int busy_ms = 1000;  // a stop must not wait longer; the writer tries again
    sqlite3_busy_timeout(db().handle(), busy_ms);
    if (wal_copier) {
        wal_copier->make_room(db());
    }
    db().execute("BEGIN IMMEDIATE");
    in_transaction = true;
}

HistoryResult<void> History::write(const std::vector<model::Batch*>& batches, Part part) {
    if (impl_->is_removed) {
        return removed(impl_->path);
    }
    try {
        if (!impl_->in_transaction) {
            impl_->begin();
        }
        Rows& rows = impl_->connection->rows;
        for (const model::Batch* batch : batches) {
            rows.write_facts(*batch);
        }
        if (part == Part::facts) {
            return {};
        }
        for (const model::Batch* batch : batches) {
            rows.write_state(*batch);
        }
        impl_->write_journal_begin(batches);
        impl_->db().execute("COMMIT");
        impl_->in_transaction = false;
        if (impl_->is_alone) {
            impl_->is_alone = false;
            share(impl_->db());
        } else if (impl_->wal_copier) {
            impl_->wal_copier->start();
        }
        return {};
    } catch (const SqliteError& error) {
        return impl_->failed(error);
    } catch (const CannotStart& error) {
        return HistoryError{HistoryError::Kind::damaged, error.what};  // somebody else's file is there now
    }
}

/// A slice of upkeep in a transaction of its own; `act` says how much it did, 0: nothing.
template <class Act>
HistoryResult<std::uint64_t> History::Impl::tend(Act act) {
    TALLY_ASSERT(!in_transaction);
    if (is_removed) {
        return removed(path);
    }
    try {
        begin();
        const std::uint64_t done = act(*connection);
        db().execute(done == 0 ? "ROLLBACK" : "COMMIT");
        in_transaction = false;
        return done;
    } catch (const SqliteError& error) {
        const HistoryError answer = failed(error);
        if (connection != nullptr) {
            connection->retainer.forget();
        }
        return answer;
    } catch (const CannotStart& error) {
        return HistoryError{HistoryError::Kind::damaged, error.what};
    }
}

HistoryResult<std::uint64_t> History::pack_payloads(TimeMs received_before) {
    return impl_->tend([&](Connection& connection) { return connection.cold_payloads.pack(received_before); });
}

HistoryResult<bool> History::retain(const Retention& retention) {
    const auto done = impl_->tend([&](Connection& connection) {
        return std::uint64_t{connection.retainer.go_on(retention) ? 1U : 0U};
    });
    return done ? HistoryResult<bool>(*done != 0) : HistoryResult<bool>(done.error());
}

std::optional<TimeMs> History::oldest_event() {
    try {
        Statement oldest = impl_->db().prepare("SELECT time_ms FROM input ORDER BY seq LIMIT 1");
        return oldest.step() ? std::optional(oldest.integer(0)) : std::nullopt;
    } catch (const SqliteError&) {
        return std::nullopt;
    }
}

/// Rolls back. After most faults the same connection works on; one that SQLite cannot get out of its transaction is
/// closed, which does, and opened again by the next write.
HistoryError History::Impl::failed(const SqliteError& error) {
    in_transaction = false;
    if (connection == nullptr) {
        return {kind_of(error.code, errno), error.what};
    }
    const HistoryError answer{kind_of(error.code, system_errno(db().handle(), path)), error.what};
    connection->rows.rolled_back();
    if (sqlite3_get_autocommit(db().handle()) == 0) {  // otherwise SQLite has rolled back already
        try {
            db().execute("ROLLBACK");
        } catch (const SqliteError&) {
            connection.reset();
        }
    }
    return answer;
}

HistoryResult<void> History::sync() {
    std::shared_ptr<OpenFiles> files;
    {
        const std::scoped_lock guard(impl_->mutex);
        files = impl_->files;
    }
    if (!files->are_there()) {
        return removed(impl_->path);
    }
    if (const int number = files->sync(); number != 0) {
        return HistoryError{
            kind_of(SQLITE_IOERR, number), fmt::format("cannot sync {}-wal: {}", impl_->path, std::strerror(number))
        };
    }
    return {};
}

HistoryResult<bool> History::restore_if_removed() {
    TALLY_ASSERT(!impl_->in_transaction);
    if (impl_->connection == nullptr || impl_->connection->files->are_there()) {
        return false;
    }
    impl_->is_removed = true;
    try {
        impl_->restore();
    } catch (const SqliteError& error) {
        return HistoryError{
            kind_of(error.code, 0),
            fmt::format("{}, and cannot be written again: {}", removed(impl_->path).what, error.what)
        };
    } catch (const CannotStart& error) {
        return HistoryError{HistoryError::Kind::removed, error.what};
    }
    impl_->is_removed = false;
    ++impl_->restorations;
    return true;
}

void History::Impl::restore() {
    lock.retake();
    rewrite(db(), *connection->files, path, abandoned);
    auto fresh = std::make_unique<Connection>(path, slots, abandoned);
    // Closing the old one must not touch files by name: they are those of the new one.
    sqlite3_db_config(db().handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    connection = std::move(fresh);
    const std::scoped_lock guard(mutex);
    files = connection->files;
}

std::uint64_t History::restorations() const { return impl_->restorations; }

bool History::begin_bulk() {
    impl_->db().execute("PRAGMA wal_autocheckpoint = 0");
    constexpr std::uintmax_t wal_bytes_max = std::uintmax_t{256} << 20;
    impl_->wal_copier.emplace(impl_->path, wal_bytes_max);
    Statement any_identity = impl_->db().prepare("SELECT 1 FROM identity");  // what is rejected has one, too, and no seq
    const bool is_empty = last_seq() == 0 && !any_identity.step();
    any_identity.reset();
    impl_->is_alone = is_empty && keep_alone(impl_->db());
    return impl_->is_alone;
}

void History::abandon_start() { impl_->abandoned = true; }

Result<void> History::build_indices() {
    try {
        impl_->db().execute(indices_sql);
        return {};
    } catch (const SqliteError& error) {
        return Error{error.what};
    }
}

History::Sizes History::sizes() const {
    std::error_code none;
    const auto size = [&none](const std::string& path) {
        const auto bytes = std::filesystem::file_size(path, none);
        return none ? std::uint64_t{0} : bytes;
    };
    Sizes sizes{.database_bytes = size(impl_->path), .wal_bytes = size(impl_->path + "-wal")};
    struct statvfs disk {};
    if (::statvfs(impl_->path.c_str(), &disk) == 0) {
        sizes.free_disk_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    }
    return sizes;
}

void History::restore(model::World& world) {
    restore_world(impl_->db(), impl_->slots[world.id()], world);
}

}  // namespace tally::record
