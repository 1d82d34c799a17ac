#include "record/open_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <utility>

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

int OpenFiles::put_others_aside() const {
    const auto is_theirs = [this](const char* ending, const FileId& ours) {
        const FileId there = FileId::at(database_ + ending);
        return there != FileId{} && there != ours;
    };
    std::string aside;
    for (int number = 1; aside.empty() || FileId::at(aside) != FileId{}; ++number) {
        aside = database_ + ".replaced-" + std::to_string(number);
    }
    for (const auto& [ending, ours] : {std::pair{"", database_id_}, {"-wal", wal_id_}, {"-journal", FileId{}}}) {
        if (is_theirs(ending, ours) && std::rename((database_ + ending).c_str(), (aside + ending).c_str()) != 0) {
            return errno;
        }
    }
    return 0;
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
