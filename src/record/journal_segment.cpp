#include "record/journal_segment.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <random>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include "record/journal_frame.hpp"
#include "tally/base/assert.hpp"

namespace tally::record {

struct JournalSegment::Header {
    static constexpr std::array<char, 8> our_magic{'t', 'a', 'l', 'l', 'y', 'j', 'n', 'l'};
    static constexpr std::uint64_t our_version = 1;

    std::array<char, 8> magic{};
    std::uint64_t version = 0;
    std::uint64_t history = 0;
    std::uint64_t first = 0;
    std::uint64_t capacity = 0;
    std::uint64_t salt = 0;
    std::uint64_t spare = 0;
    std::uint64_t check = 0;  ///< over all before it

    [[nodiscard]] std::uint64_t right_check() const {
        return journal_check({reinterpret_cast<const char*>(this), offsetof(Header, check)});
    }
    [[nodiscard]] bool is_zero() const {
        const std::string_view bytes(reinterpret_cast<const char*>(this), sizeof *this);
        return bytes.find_first_not_of('\0') == std::string_view::npos;
    }
};

namespace {

constexpr std::uint64_t positions_max = std::uint64_t{1} << 62;  // SQLite keeps them as signed numbers

std::uint64_t new_salt() {
    std::random_device random;
    return (std::uint64_t{random()} << 32U) | random();
}

std::string name(const std::string& path, std::uint64_t number) { return fmt::format("{}.{}", path, number); }

Error failure(const std::string& path, const char* what, int number) {
    return Error{fmt::format("journal: {} {}: {}", what, path, std::strerror(number))};
}

}  // namespace

JournalSegment::JournalSegment(std::string path, int fd, std::uint64_t file_bytes)
    : path_(std::move(path)), fd_(fd), capacity_(file_bytes - header_bytes) {}

JournalSegment::~JournalSegment() { ::close(fd_); }

std::shared_ptr<JournalSegment> JournalSegment::open(
    const std::string& path, std::uint64_t number, std::uint64_t history
) {
    static_assert(sizeof(Header) == header_bytes && std::is_trivially_copyable_v<Header>);
    const std::string file = name(path, number);
    // NONBLOCK: a pipe of that name must not hold us up.
    const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        if (errno == EACCES || errno == EPERM || errno == EROFS || errno == EMFILE || errno == ENFILE) {
            throw CannotStart{failure(file, "cannot open", errno).what};
        }
        return nullptr;  // a link, a folder, or gone
    }
    struct stat status {};
    Header header;
    const bool plain = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
                       static_cast<std::uint64_t>(status.st_size) <= file_bytes_max;
    const bool read = plain && ::pread(fd, &header, sizeof header, 0) >= 0;
    if (!read || (header.magic != Header::our_magic && !header.is_zero())) {
        ::close(fd);
        return nullptr;
    }
    const auto bytes = std::max(file_bytes_min, static_cast<std::uint64_t>(status.st_size));
    std::shared_ptr<JournalSegment> segment(new JournalSegment(file, fd, bytes));
    (void)segment->take(header, history);
    return segment;
}

bool JournalSegment::take(const Header& header, std::uint64_t history) {
    if (header.magic != Header::our_magic || header.version != Header::our_version || header.history != history ||
        header.check != header.right_check() || header.first > positions_max || header.capacity == 0 ||
        header.capacity > file_bytes_max - header_bytes) {
        return false;
    }
    first_ = header.first;
    capacity_ = header.capacity;
    salt_ = header.salt;
    history_ = header.history;
    return in_use_ = true;
}

Result<std::shared_ptr<JournalSegment>> JournalSegment::create(
    const std::string& path, std::uint64_t number, std::uint64_t file_bytes
) {
    const std::string file = name(path, number);
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return failure(file, "cannot make", errno);
    }
    std::shared_ptr<JournalSegment> segment(new JournalSegment(file, fd, file_bytes));
    if (const auto reserved = segment->reserve(); !reserved) {
        segment->remove();
        return reserved.error();
    }
    return segment;
}

Error JournalSegment::failed(const char* what, int number) const { return failure(path_, what, number); }

bool JournalSegment::is_in_folder() const {
    struct stat status {};
    return ::fstat(fd_, &status) == 0 && status.st_nlink > 0;
}

JournalSegment::Header JournalSegment::header() const {
    Header header{.magic = Header::our_magic,
                  .version = Header::our_version,
                  .history = history_,
                  .first = first_,
                  .capacity = capacity_,
                  .salt = salt_};
    header.check = header.right_check();
    return header;
}

void JournalSegment::begin(std::uint64_t first, std::uint64_t history) {
    first_ = first;
    history_ = history;
    salt_ = new_salt();
    in_use_ = true;
}

Result<void> JournalSegment::forget() {
    if (!in_use_) {
        return {};
    }
    constexpr std::array<char, header_bytes> zeros{};
    if (::pwrite(fd_, zeros.data(), zeros.size(), 0) != static_cast<ssize_t>(zeros.size())) {
        return failed("cannot write", errno);
    }
    in_use_ = false;
    return {};
}

Result<void> JournalSegment::reserve() {
    if (reserved_) {
        return {};
    }
    int result = EINTR;
    while (result == EINTR) {
        result = ::posix_fallocate(fd_, 0, static_cast<off_t>(file_bytes()));
    }
    if (result != 0) {
        return failed("no room for", result);
    }
    reserved_ = true;
    return {};
}

Result<void> JournalSegment::write(std::uint64_t position, std::span<iovec> pieces) {
    Header head;
    auto at = static_cast<off_t>(header_bytes + (position - first_));
    if (position == first_) {
        head = header();
        pieces[0] = {&head, sizeof head};
        at = 0;
    } else {
        pieces = pieces.subspan(1);
    }
    while (!pieces.empty()) {
        const ssize_t written = ::pwritev(fd_, pieces.data(), static_cast<int>(pieces.size()), at);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return failed("cannot write", errno);
        }
        at += written;
        auto left = static_cast<std::size_t>(written);
        while (!pieces.empty() && left >= pieces[0].iov_len) {
            left -= pieces[0].iov_len;
            pieces = pieces.subspan(1);
        }
        if (!pieces.empty()) {
            if (written == 0) {
                return failed("cannot write", EIO);
            }
            pieces[0] = {static_cast<char*>(pieces[0].iov_base) + left, pieces[0].iov_len - left};
        }
    }
    return {};
}

Result<std::size_t> JournalSegment::read(std::uint64_t position, char* into, std::size_t bytes) const {
    TALLY_ASSERT(position >= first_ && position <= end());
    bytes = std::min<std::size_t>(bytes, end() - position);
    std::size_t done = 0;
    while (done < bytes) {
        const auto at = static_cast<off_t>(header_bytes + (position - first_) + done);
        const ssize_t got = ::pread(fd_, into + done, bytes - done, at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return failed("cannot read", errno);
        }
        if (got == 0) {
            break;
        }
        done += static_cast<std::size_t>(got);
    }
    return done;
}

Result<void> JournalSegment::wipe(std::uint64_t from, std::uint64_t to) {
    constexpr std::size_t step = std::size_t{64} << 10U;
    std::vector<char> bytes(step);
    to = std::min(to, end());
    for (std::uint64_t at = from; at < to; at += step) {
        const auto length = std::min<std::size_t>(step, to - at);
        const auto got = read(at, bytes.data(), length);
        if (!got) {
            return got.error();
        }
        if (std::all_of(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(*got), [](char c) { return c == 0; })) {
            continue;
        }
        std::fill(bytes.begin(), bytes.end(), '\0');
        std::array<iovec, 2> pieces{iovec{}, iovec{bytes.data(), *got}};
        if (const auto written = write(at, pieces); !written) {
            return written;
        }
    }
    return {};
}

Result<void> JournalSegment::sync() {
    unsynced_ = false;
    if (::fdatasync(fd_) != 0) {
        return failed("cannot sync", errno);
    }
    return {};
}

void JournalSegment::remove() {
    // Only what we hold: another file may have come to that name.
    struct stat ours {}, there {};
    if (::fstat(fd_, &ours) == 0 && ::lstat(path_.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
        ours.st_dev == there.st_dev) {
        ::unlink(path_.c_str());
    }
}

}  // namespace tally::record
