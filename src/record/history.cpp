#include "tally/record/history.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <sqlite3.h>

#include "record/database.hpp"
#include "record/restore.hpp"
#include "record/schema.hpp"

namespace tally::record {

namespace {

/// Locked as long as it lives. A file of its own: closing any descriptor of the database would drop the
/// locks SQLite holds on it.
class LockFile {
  public:
    explicit LockFile(const std::string& database) {
        const std::string path = database + ".lock";
        fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd_ < 0) {
            throw CannotStart{fmt::format("cannot write {}: {}", path, std::strerror(errno))};
        }
        if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
            ::close(fd_);
            throw CannotStart{fmt::format("{} is in use by another marathon-tally", database)};
        }
    }
    ~LockFile() { ::close(fd_); }
    LockFile(const LockFile&) = delete;
    LockFile& operator=(const LockFile&) = delete;

  private:
    int fd_ = -1;
};

/// SQLite would make the file with the umask's mode; ours is 0600 from the first moment.
void make_private(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        throw CannotStart{fmt::format("cannot open database {}: {}", path, std::strerror(errno))};
    }
    ::close(fd);
}

}  // namespace

struct History::Impl {
    explicit Impl(const std::string& database)
        : path(database), lock(database), db(open_file(database)), rows(db) {}

    static Database open_file(const std::string& path) {
        make_private(path);
        try {
            Database db(path, Database::Mode::write);
            prepare_file(db, path);
            return db;
        } catch (const SqliteError& error) {
            throw CannotStart{fmt::format("cannot open database {}: {}", path, error.what)};
        }
    }

    std::string path;
    LockFile lock;
    Database db;
    Rows rows;
    std::atomic<bool> abandoned = false;
    bool in_transaction = false;  ///< a transaction is: it has facts, but not yet the rows of state
};

History::History(const std::string& path) {
    try {
        impl_ = std::make_unique<Impl>(path);
        constexpr int instructions = 10'000;  // of SQLite's machine: about a millisecond
        sqlite3_progress_handler(
            impl_->db.handle(), instructions,
            [](void* abandoned) { return static_cast<std::atomic<bool>*>(abandoned)->load() ? 1 : 0; },
            &impl_->abandoned
        );
    } catch (const SqliteError& error) {
        throw CannotStart{fmt::format("cannot open database {}: {}", path, error.what)};
    }
}

History::~History() = default;

model::SourceId History::source(const std::string& name) {
    Statement insert = impl_->db.prepare("INSERT OR IGNORE INTO source(name) VALUES (?)");
    insert.run(std::string_view(name));
    Statement find = impl_->db.prepare("SELECT source_id FROM source WHERE name = ?");
    find.bind_all(std::string_view(name));
    (void)find.step();
    const auto id = static_cast<model::SourceId>(find.integer(0));
    find.reset();
    return id;
}

std::vector<History::Source> History::sources() {
    std::vector<Source> sources;
    Statement all = impl_->db.prepare("SELECT source_id, name FROM source ORDER BY source_id");
    while (all.step()) {
        sources.push_back({static_cast<model::SourceId>(all.integer(0)), std::string(all.text(1))});
    }
    return sources;
}

model::Seq History::last_seq() {
    Statement last = impl_->db.prepare("SELECT max(coalesce((SELECT max(seq) FROM event), 0), coalesce((SELECT max(last_seq) FROM mark), 0))");
    return last.step() ? last.integer(0) : 0;
}

History::JournalPlace History::journal_place(model::SourceId source) {
    Statement place = impl_->db.prepare("SELECT journal_position, journal_holds FROM source WHERE source_id = ?");
    place.bind_all(source);
    return place.step() ? JournalPlace{.position = static_cast<std::uint64_t>(place.integer(0)),
                                       .holds = place.integer(1) != 0}
                        : JournalPlace{};
}

std::uint64_t History::journal_end() {
    Statement greatest = impl_->db.prepare("SELECT max(journal_position) FROM source");
    return greatest.step() ? static_cast<std::uint64_t>(greatest.integer(0)) : 0;
}

model::AppId History::next_app() {
    Statement last = impl_->db.prepare("SELECT max(app_id) FROM app");
    return static_cast<model::AppId>(last.step() ? last.integer(0) + 1 : 1);
}

std::uint64_t History::next_connection() {
    Statement next = impl_->db.prepare(
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
    Statement find = impl_->db.prepare("SELECT value FROM meta WHERE key = ?");
    find.bind_all(std::string_view(key));
    if (find.step()) {
        return static_cast<std::uint64_t>(find.integer(0));
    }
    const std::uint64_t number = next_connection();
    Statement insert = impl_->db.prepare("INSERT INTO meta VALUES (?, ?)");
    insert.run(std::string_view(key), number);
    return number;
}

Result<void> History::write(const std::vector<model::Batch*>& batches, Part part) {
    try {
        if (!impl_->in_transaction) {
            impl_->db.execute("BEGIN IMMEDIATE");
            impl_->in_transaction = true;
        }
        for (const model::Batch* batch : batches) {
            impl_->rows.write_facts(*batch);
        }
        if (part == Part::facts) {
            return {};
        }
        for (const model::Batch* batch : batches) {
            impl_->rows.write_state(*batch);
        }
        impl_->db.execute("COMMIT");
        impl_->in_transaction = false;
        return {};
    } catch (const SqliteError& error) {
        impl_->in_transaction = false;
        impl_->rows.rolled_back();
        try {
            impl_->db.execute("ROLLBACK");
        } catch (const SqliteError&) {
            // SQLite has rolled back already, as it does on a full disk.
        }
        return Error{error.what};
    }
}

void History::begin_bulk() {
    if (last_seq() != 0) {
        return;
    }
    std::vector<std::string> drops;
    Statement names = impl_->db.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'"
        " AND name NOT IN ('identity_bucket', 'app_hour_run_app', 'event_time')"
    );
    while (names.step()) {
        drops.push_back(fmt::format("DROP INDEX {}", names.text(0)));
    }
    names.reset();
    for (const std::string& drop : drops) {
        impl_->db.execute(drop.c_str());
    }
}

void History::abandon_start() { impl_->abandoned = true; }

Result<void> History::build_indices() {
    try {
        impl_->db.execute(indices_sql);
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
    restore_world(impl_->db, impl_->rows.slots(world.id()), world);
}

}  // namespace tally::record
