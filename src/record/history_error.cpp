#include "record/history_error.hpp"

#include <sys/statvfs.h>

#include <cerrno>

#include <sqlite3.h>

namespace tally::record {

HistoryError::Kind kind_of(int code, int number) {
    using Kind = HistoryError::Kind;
    switch (code & 0xff) {
        case SQLITE_FULL:
            return Kind::full;
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return Kind::read_only;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
            return Kind::busy;
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
            return number == ENOSPC || number == EDQUOT ? Kind::full
                   : number == EROFS                    ? Kind::read_only
                                                        : Kind::io;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return Kind::damaged;
        default:
            return Kind::other;
    }
}

int system_errno(sqlite3* db, const std::string& path) {
    int number = 0;
    sqlite3_file* wal = nullptr;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) == SQLITE_OK && wal != nullptr &&
        wal->pMethods != nullptr) {
        wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &number);
    }
    struct statvfs disk {};
    if (number == 0 && ::statvfs(path.c_str(), &disk) == 0) {
        number = (disk.f_flag & ST_RDONLY) != 0 ? EROFS : disk.f_bavail == 0 ? ENOSPC : 0;
    }
    return number;
}

std::string_view name(HistoryError::Kind kind) {
    using Kind = HistoryError::Kind;
    switch (kind) {
        case Kind::full:
            return "full";
        case Kind::read_only:
            return "read_only";
        case Kind::busy:
            return "busy";
        case Kind::io:
            return "io";
        case Kind::removed:
            return "removed";
        case Kind::damaged:
            return "damaged";
        case Kind::other:
            break;
    }
    return "other";
}

}  // namespace tally::record
