#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "record/journal_segment.hpp"
#include "tally/record/journal.hpp"

namespace tally::record {

/// The endless run of bytes under the journal's records: knows places and files, not records.
///
///     free: [ ][ ]      live: [first ... )[ ... )[ ... limit)     next segment: out of free, or a new file
///
/// Thread: that of the Journal; sync() from any.
class JournalRun {
  public:
    using Position = Journal::Position;

    /// Opens the files of `path`: those that go on from `start` without a break are live, the others free.
    JournalRun(std::string path, const Journal::Options& options, Position start);

    /// For the end of opening: what lies behind `end` is never taken for a part of the run again, and the reserve
    /// is filled as far as the disk has room. An error: wipe() up to limit() has to be called again before something is
    /// written.
    [[nodiscard]] Result<void> settle(Position end);

    /// The place behind the last byte there is a segment for.
    [[nodiscard]] Position limit() const { return live_.empty() ? start_ : live_.back()->end(); }
    /// Makes that at least `to`. An error: there is no room.
    [[nodiscard]] Result<void> extend(Position to);
    /// Whether extend() would probably work.
    [[nodiscard]] bool can_extend(Position to) const;

    /// The live segment that holds the byte at `position`; nullptr: none.
    [[nodiscard]] JournalSegment* at(Position position) const;

    /// At most `bytes` of it; fewer where the run ends.
    [[nodiscard]] Result<std::size_t> read(Position position, char* into, std::size_t bytes) const;
    /// Zeros, as far as there are segments.
    [[nodiscard]] Result<void> wipe(Position from, Position to);
    /// Has to be said after each write of a segment.
    void wrote(JournalSegment& segment);

    void release(Position before);
    [[nodiscard]] Result<void> sync();

  private:
    using Segment = std::shared_ptr<JournalSegment>;

    [[nodiscard]] std::vector<Segment> open_files();
    void choose_live(std::vector<Segment> segments);
    void fill_reserve();
    void set_reserve();
    [[nodiscard]] Result<Segment> take();
    [[nodiscard]] Result<Segment> make(std::uint64_t file_bytes);
    [[nodiscard]] Result<Segment> make_further();
    [[nodiscard]] std::uint64_t further_bytes() const;
    [[nodiscard]] std::uint64_t free_disk_bytes() const;
    [[nodiscard]] std::uint64_t room_on_disk() const;
    void set_free(Segment segment);

    std::string path_;
    Journal::Options options_;
    Position start_;
    std::deque<Segment> live_;
    std::vector<Segment> free_;         ///< the last one released is taken first: its pages are in memory
    std::uint64_t file_bytes_ = 0;      ///< of all
    std::uint64_t reserve_bytes_ = 0;   ///< what we may keep; what is made beyond it leaves as much to the history
    std::uint64_t next_number_ = 0;
    std::mutex mutex_;                  // guards the following
    std::vector<Segment> unsynced_;
    bool folder_unsynced_ = false;
};

}  // namespace tally::record
