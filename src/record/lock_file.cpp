#include "record/lock_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "record/file_id.hpp"
#include "tally/base/result.hpp"

namespace tally::record {

namespace {

int lock(const std::string& database) {
    const std::string path = database + ".lock";
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        throw CannotStart{fmt::format("cannot write {}: {}", path, std::strerror(errno))};
    }
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        ::close(fd);
        throw CannotStart{fmt::format("{} is in use by another marathon-tally", database)};
    }
    return fd;
}

}  // namespace

LockFile::LockFile(const std::string& database) : database_(database), fd_(lock(database)) {}

LockFile::~LockFile() { ::close(fd_); }

void LockFile::retake() {
    if (FileId::of(fd_) != FileId::at(database_ + ".lock")) {
        ::close(std::exchange(fd_, lock(database_)));
    }
}

}  // namespace tally::record
