#pragma once

#include <sys/stat.h>

#include <string>

namespace tally::record {

/// Which file it is, whatever its name. All zero: there is none.
struct FileId {
    dev_t device = 0;
    ino_t inode = 0;

    friend bool operator==(const FileId&, const FileId&) = default;

    /// What has that name now. Opens nothing, so no lock of SQLite is lost.
    [[nodiscard]] static FileId at(const std::string& path) {
        struct stat status {};
        return ::stat(path.c_str(), &status) == 0 ? FileId{status.st_dev, status.st_ino} : FileId{};
    }
    [[nodiscard]] static FileId of(int fd) {
        struct stat status {};
        return ::fstat(fd, &status) == 0 ? FileId{status.st_dev, status.st_ino} : FileId{};
    }
};

}  // namespace tally::record
