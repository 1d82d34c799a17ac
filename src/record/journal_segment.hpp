#pragma once

#include <sys/uio.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "tally/base/result.hpp"

namespace tally::record {

/// One file of the journal: a header, and behind it `capacity` bytes of the run, from `first` on. Its space on the
/// disk is taken when it is made. It is used again and again; each use has a salt of its own.
///
///     header 64 B: magic, version, history, first, capacity, salt, check | bytes of the run ...
///
/// Thread: one; sync() from any. Errors are one line that names the file.
class JournalSegment : public std::enable_shared_from_this<JournalSegment> {
  public:
    static constexpr std::uint64_t header_bytes = 64;
    static constexpr std::uint64_t file_bytes_min = std::uint64_t{64} << 10U;
    static constexpr std::uint64_t file_bytes_max = std::uint64_t{16} << 20U;

    /// Opens a file that is there. Nothing: it is of somebody else and is left alone. CannotStart: it cannot be used.
    [[nodiscard]] static std::shared_ptr<JournalSegment> open(
        const std::string& path, std::uint64_t number, std::uint64_t history
    );
    /// Makes a file of that size that holds nothing; it is not there if that fails.
    [[nodiscard]] static Result<std::shared_ptr<JournalSegment>> create(
        const std::string& path, std::uint64_t number, std::uint64_t file_bytes
    );
    ~JournalSegment();
    JournalSegment(const JournalSegment&) = delete;
    JournalSegment& operator=(const JournalSegment&) = delete;

    /// Whether it holds a part of the run, or did before it was released.
    [[nodiscard]] bool in_use() const { return in_use_; }
    [[nodiscard]] std::uint64_t first() const { return first_; }
    [[nodiscard]] std::uint64_t end() const { return first_ + capacity_; }
    [[nodiscard]] std::uint64_t capacity() const { return capacity_; }
    [[nodiscard]] std::uint64_t salt() const { return salt_; }
    [[nodiscard]] std::uint64_t file_bytes() const { return header_bytes + capacity_; }
    /// A file that was removed behind our back takes no space in a folder and would not be found again.
    [[nodiscard]] bool is_in_folder() const;

    /// A new use: what it holds is over. The header goes to the file with the first bytes, by write().
    void begin(std::uint64_t first, std::uint64_t history);
    /// What the file says is no part of the run any more.
    [[nodiscard]] Result<void> forget();

    /// Takes the space on the disk if it is not ours already.
    [[nodiscard]] Result<void> reserve();

    /// Writes pieces from `position` on, by one call of the system; the first of `pieces` is a free place for the
    /// header. They must fit. `pieces` is used up.
    [[nodiscard]] Result<void> write(std::uint64_t position, std::span<iovec> pieces);
    /// At most `bytes`, fewer where the segment or its file ends.
    [[nodiscard]] Result<std::size_t> read(std::uint64_t position, char* into, std::size_t bytes) const;
    /// Zeros from `from` to before `to`, where it is not zero already.
    [[nodiscard]] Result<void> wipe(std::uint64_t from, std::uint64_t to);

    /// Waits for the disk, if there was a write since.
    [[nodiscard]] Result<void> sync();
    /// True once after each sync(): from now on it has to be synced again.
    [[nodiscard]] bool becomes_unsynced() {
        return !unsynced_.load(std::memory_order_relaxed) && !unsynced_.exchange(true);
    }

    /// Takes the file out of its folder.
    void remove();

  private:
    struct Header;

    JournalSegment(std::string path, int fd, std::uint64_t file_bytes);
    [[nodiscard]] Header header() const;
    [[nodiscard]] bool take(const Header& header, std::uint64_t history);
    [[nodiscard]] Error failed(const char* what, int number) const;

    std::string path_;
    int fd_;
    std::uint64_t first_ = 0, capacity_ = 0, salt_ = 0, history_ = 0;
    bool in_use_ = false;
    bool reserved_ = false;
    std::atomic<bool> unsynced_ = false;
};

}  // namespace tally::record
