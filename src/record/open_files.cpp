#include "record/open_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace tally::record {

OpenFiles::OpenFiles(const std::string& database)
    : database_(database),
      wal_(::open((database + "-wal").c_str(), O_RDWR | O_CLOEXEC)),
      database_id_(FileId::at(database)),
      wal_id_(FileId::of(wal_)),
      shm_id_(FileId::at(database + "-shm")) {}

OpenFiles::~OpenFiles() {
    if (wal_ >= 0) {
        ::close(wal_);
    }
}

bool OpenFiles::are_there() const {
    constexpr FileId none{};
    return database_id_ != none && wal_id_ != none && FileId::at(database_) == database_id_ &&
           FileId::at(database_ + "-wal") == wal_id_ && FileId::at(database_ + "-shm") == shm_id_;
}

void OpenFiles::remove_others() const {
    ::unlink((database_ + "-journal").c_str());
    if (FileId::at(database_ + "-wal") != wal_id_) {
        ::unlink((database_ + "-wal").c_str());
    }
}

int OpenFiles::sync() const {
    while (::fdatasync(wal_) != 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

}  // namespace tally::record
