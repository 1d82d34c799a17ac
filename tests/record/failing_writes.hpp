#pragma once

#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include <sqlite3.h>

namespace tally::record {

/// Lets the writes of SQLite fail from one on: its calls of the system are replaced as long as this lives.
class FailingWrites {
  public:
    /// The first `good` writes succeed, then each fails with that errno.
    FailingWrites(int good, int number) {
        good_ = good;
        errno_ = number;
        failed_ = 0;
        set("write", reinterpret_cast<sqlite3_syscall_ptr>(&write));
        set("pwrite", reinterpret_cast<sqlite3_syscall_ptr>(&pwrite));
        set("pwrite64", reinterpret_cast<sqlite3_syscall_ptr>(&pwrite));
    }
    ~FailingWrites() {
        for (const char* name : {"write", "pwrite", "pwrite64"}) {
            set(name, nullptr);  // back to the system's
        }
    }
    FailingWrites(const FailingWrites&) = delete;
    FailingWrites& operator=(const FailingWrites&) = delete;

    [[nodiscard]] static bool happened() { return failed_ > 0; }

  private:
    static void set(const char* name, sqlite3_syscall_ptr call) {
        sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
        (void)vfs->xSetSystemCall(vfs, name, call);
    }
    static bool fails() {
        if (good_-- > 0) {
            return false;
        }
        ++failed_;
        errno = errno_;
        return true;
    }
    static ssize_t write(int fd, const void* bytes, std::size_t count) {
        return fails() ? -1 : ::write(fd, bytes, count);
    }
    static ssize_t pwrite(int fd, const void* bytes, std::size_t count, off_t at) {
        return fails() ? -1 : ::pwrite(fd, bytes, count, at);
    }

    inline static int good_ = 0, errno_ = 0, failed_ = 0;
};

}  // namespace tally::record
