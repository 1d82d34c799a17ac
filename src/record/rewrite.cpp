#include "record/rewrite.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <sqlite3.h>

namespace tally::record {

namespace {

[[noreturn]] void fail() {
    const int code = errno == ENOSPC || errno == EDQUOT ? SQLITE_FULL : errno == EROFS ? SQLITE_READONLY : SQLITE_IOERR;
    throw SqliteError{code, std::strerror(errno)};
}

std::string half_made(const std::string& path) { return path + ".restoring"; }

void remove_files(const std::string& path) {
    for (const char* ending : {"", "-journal", "-wal", "-shm"}) {
        ::unlink((path + ending).c_str());
    }
}

void copy(Database& from, Database& to, const std::atomic<bool>& stop) {
    constexpr int pages = 1024;  // at a time: some 10 ms
    sqlite3_backup* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
    if (backup == nullptr) {
        throw SqliteError{sqlite3_errcode(to.handle()), sqlite3_errmsg(to.handle())};
    }
    int code = SQLITE_OK;
    while (code == SQLITE_OK) {
        code = stop ? SQLITE_INTERRUPT : sqlite3_backup_step(backup, pages);
    }
    const int finished = sqlite3_backup_finish(backup);
    code = code == SQLITE_DONE ? finished : code;
    if (code != SQLITE_OK) {
        throw SqliteError{code, sqlite3_errstr(code)};
    }
}

void sync_folder_of(const std::string& path) {
    const auto folder = std::filesystem::path(path).parent_path();
    const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)::fsync(fd);
        ::close(fd);
    }
}

}  // namespace

void remove_half_made(const std::string& path) { remove_files(half_made(path)); }

void make_private(const std::string& path) {
    if (::access(path.c_str(), F_OK) == 0) {
        return;  // closing a descriptor of it would drop the locks that this process has on it
    }
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        fail();
    }
    ::close(fd);
}

void rewrite(Database& db, const OpenFiles& open, const std::string& path, const std::atomic<bool>& stop) {
    const std::string beside = half_made(path);
    remove_files(beside);
    try {
        make_private(beside);
        Database to(beside, Database::Mode::write);
        copy(db, to, stop);  // SQLite syncs it at the end
    } catch (const SqliteError&) {
        remove_files(beside);
        throw;
    }
    if (const int number = open.put_others_aside(); number != 0) {
        remove_files(beside);
        errno = number;
        fail();
    }
    if (std::rename(beside.c_str(), path.c_str()) != 0) {
        const int number = errno;
        remove_files(beside);
        errno = number;
        fail();
    }
    // Our own of before. A crash at this place does no harm: all that the -wal has is in the new file too, and would be put
    // there once more.
    ::unlink((path + "-wal").c_str());
    ::unlink((path + "-shm").c_str());
    sync_folder_of(path);
}

}  // namespace tally::record
