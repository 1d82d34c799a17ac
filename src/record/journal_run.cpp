#include "record/journal_run.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <map>

#include <fmt/format.h>

namespace tally::record {

namespace {

constexpr std::size_t segments_max = 512;  // each is an open file

std::filesystem::path folder_of(const std::string& path) {
    const auto folder = std::filesystem::path(path).parent_path();
    return folder.empty() ? "." : folder;
}

std::uint64_t whole_pages(std::uint64_t bytes) { return bytes / 4096 * 4096; }

/// The n of PATH.n, if it is one.
std::optional<std::uint64_t> number_of(std::string_view name, std::string_view base) {
    constexpr std::size_t digits_max = 18;
    if (!name.starts_with(base) || name.size() < base.size() + 2 || name[base.size()] != '.') {
        return std::nullopt;
    }
    name.remove_prefix(base.size() + 1);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    const bool plain = error == std::errc() && end == name.data() + name.size() && name.size() <= digits_max;
    return plain && (name[0] != '0' || name.size() == 1) ? std::optional(number) : std::nullopt;
}

}  // namespace

JournalRun::JournalRun(std::string path, const Journal::Options& options, Position start)
    : path_(std::move(path)), options_(options), start_(start) {
    choose_live(open_files());
    set_reserve();
}

/// It grows with the room on the disk; what is had already is not given up when the disk gets full: it is for then.
void JournalRun::set_reserve() {
    constexpr std::uint64_t part = 8;
    const std::uint64_t wanted = std::max({reserve_bytes_, file_bytes_, (file_bytes_ + free_disk_bytes()) / part});
    reserve_bytes_ = std::min(options_.reserve_bytes, wanted);
}

std::vector<JournalRun::Segment> JournalRun::open_files() {
    std::vector<std::uint64_t> numbers;
    const std::string base = std::filesystem::path(path_).filename().string();
    std::error_code error;
    for (std::filesystem::directory_iterator file(folder_of(path_), error), end; !error && file != end;
         file.increment(error)) {
        if (const auto number = number_of(file->path().filename().string(), base)) {
            numbers.push_back(*number);
        }
    }
    if (error) {
        throw CannotStart{fmt::format("cannot read the folder of journal {}: {}", path_, error.message())};
    }
    std::sort(numbers.begin(), numbers.end());
    std::vector<Segment> segments;
    for (const std::uint64_t number : numbers) {
        if (segments.size() >= segments_max) {
            break;
        }
        if (auto segment = JournalSegment::open(path_, number, options_.history)) {
            file_bytes_ += segment->file_bytes();
            segments.push_back(std::move(segment));
        }
    }
    next_number_ = numbers.empty() ? 0 : numbers.back() + 1;  // also past those of others
    return segments;
}

void JournalRun::choose_live(std::vector<Segment> segments) {
    std::multimap<Position, Segment> by_first;
    for (Segment& segment : segments) {
        if (segment->in_use()) {
            by_first.emplace(segment->first(), std::move(segment));
        } else {
            free_.push_back(std::move(segment));
        }
    }
    const auto holds_start = [this](const auto& entry) {
        return entry.first <= start_ && start_ < entry.second->end();
    };
    auto next = std::find_if(by_first.begin(), by_first.end(), holds_start);
    while (next != by_first.end()) {
        const Position end = next->second->end();
        live_.push_back(std::move(next->second));
        by_first.erase(next);
        next = by_first.find(end);
    }
    for (auto& [first, segment] : by_first) {
        set_free(std::move(segment));
    }
}

/// Its header would be believed at the next opening, if it is not used before.
void JournalRun::set_free(Segment segment) {
    if (const auto forgotten = segment->forget(); !forgotten) {
        throw CannotStart{forgotten.error().what};
    }
    free_.push_back(std::move(segment));
}

Result<void> JournalRun::settle(Position end) {
    while (!live_.empty() && live_.back()->first() >= end) {
        set_free(std::move(live_.back()));
        live_.pop_back();
    }
    start_ = end;
    // Whole records may lie behind a damaged one: they must not come back behind what is written over it.
    const auto wiped = wipe(end, limit());
    for (const Segment& segment : free_) {
        (void)segment->reserve();  // holes, as a copy may have them; if that fails it is tried again before it is used
    }
    fill_reserve();
    return wiped;
}

void JournalRun::fill_reserve() {
    const std::uint64_t one = std::clamp(
        whole_pages(reserve_bytes_ / 4), JournalSegment::file_bytes_min, JournalSegment::file_bytes_max
    );
    while (file_bytes_ + one <= reserve_bytes_) {
        auto made = make(one);
        if (!made) {
            return;
        }
        free_.push_back(std::move(*made));
    }
}

Result<void> JournalRun::extend(Position to) {
    if (!live_.empty()) {
        if (const auto reserved = live_.back()->reserve(); !reserved) {
            return reserved;
        }
    }
    while (limit() < to) {
        auto taken = take();
        if (!taken) {
            return taken.error();
        }
        const Position first = limit();
        (*taken)->begin(first, options_.history);
        live_.push_back(std::move(*taken));
    }
    return {};
}

Result<JournalRun::Segment> JournalRun::take() {
    while (!free_.empty()) {
        Segment segment = std::move(free_.back());
        free_.pop_back();
        if (segment->is_in_folder() && segment->reserve()) {
            return segment;
        }
        file_bytes_ -= segment->file_bytes();
        segment->remove();
    }
    return make_further();
}

Result<JournalRun::Segment> JournalRun::make_further() {
    const std::uint64_t bytes = further_bytes();
    if (bytes == 0) {
        return Error{fmt::format("journal: no room on the disk beyond the reserve of {}", path_)};
    }
    return make(bytes);
}

/// Grown with what is there, so that few files are enough; smaller ones where the disk gets narrow. 0: the rest of the
/// disk is the history's: a journal that took it all could not be emptied any more.
std::uint64_t JournalRun::further_bytes() const {
    const std::uint64_t room = room_on_disk();
    if (room < JournalSegment::file_bytes_min) {
        return 0;
    }
    const std::uint64_t wanted = whole_pages(std::max(file_bytes_, reserve_bytes_) / 4);
    return std::clamp(
        std::min(wanted, whole_pages(room / 2)), JournalSegment::file_bytes_min, JournalSegment::file_bytes_max
    );
}

Result<JournalRun::Segment> JournalRun::make(std::uint64_t file_bytes) {
    if (live_.size() + free_.size() >= segments_max) {
        return Error{fmt::format("journal: {} has {} files already", path_, segments_max)};
    }
    auto made = JournalSegment::create(path_, next_number_, file_bytes);
    ++next_number_;  // also if that name was taken behind our back
    if (made) {
        file_bytes_ += file_bytes;
        const std::scoped_lock lock(mutex_);
        folder_unsynced_ = true;
    }
    return made;
}

bool JournalRun::can_extend(Position to) const {
    std::uint64_t room = limit();
    for (const Segment& segment : free_) {
        room += segment->capacity();
    }
    if (to <= room) {
        return true;
    }
    const std::uint64_t missing = to - room;
    const std::uint64_t headers = (missing / JournalSegment::file_bytes_min + 1) * JournalSegment::header_bytes;
    return missing + headers + JournalSegment::file_bytes_min <= room_on_disk();
}

JournalSegment* JournalRun::at(Position position) const {
    // The end is where most are looked for.
    for (auto segment = live_.rbegin(); segment != live_.rend(); ++segment) {
        if ((*segment)->first() <= position) {
            return position < (*segment)->end() ? segment->get() : nullptr;
        }
    }
    return nullptr;
}

Result<std::size_t> JournalRun::read(Position position, char* into, std::size_t bytes) const {
    std::size_t done = 0;
    while (done < bytes) {
        const JournalSegment* segment = at(position + done);
        if (segment == nullptr) {
            break;
        }
        const auto got = segment->read(position + done, into + done, bytes - done);
        if (!got) {
            return got;
        }
        if (*got == 0) {
            break;
        }
        done += *got;
    }
    return done;
}

Result<void> JournalRun::wipe(Position from, Position to) {
    for (const Segment& segment : live_) {
        if (segment->end() <= from || segment->first() >= to) {
            continue;
        }
        const auto wiped = segment->wipe(std::max(from, segment->first()), to);
        wrote(*segment);
        if (!wiped) {
            return wiped;
        }
    }
    return {};
}

void JournalRun::release(Position before) {
    if (live_.empty() || live_.front()->end() > before) {
        return;
    }
    set_reserve();
    while (!live_.empty() && live_.front()->end() <= before) {
        Segment segment = std::move(live_.front());
        start_ = segment->end();
        live_.pop_front();
        if (file_bytes_ - segment->file_bytes() >= reserve_bytes_) {
            file_bytes_ -= segment->file_bytes();
            segment->remove();
        } else {
            free_.push_back(std::move(segment));
        }
    }
    fill_reserve();
}

void JournalRun::wrote(JournalSegment& segment) {
    if (segment.becomes_unsynced()) {
        const std::scoped_lock lock(mutex_);
        unsynced_.push_back(segment.shared_from_this());
    }
}

Result<void> JournalRun::sync() {
    std::vector<Segment> segments;
    bool folder = false;
    {
        const std::scoped_lock lock(mutex_);
        segments.swap(unsynced_);
        std::swap(folder, folder_unsynced_);
    }
    Result<void> result;
    for (const Segment& segment : segments) {
        if (const auto synced = segment->sync(); !synced) {
            result = synced;
            wrote(*segment);  // to be tried again
        }
    }
    if (folder) {
        const int fd = ::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || ::fsync(fd) != 0) {
            result = Error{fmt::format("journal: cannot sync the folder of {}: {}", path_, std::strerror(errno))};
        }
        if (fd >= 0) {
            ::close(fd);
        }
    }
    return result;
}

std::uint64_t JournalRun::free_disk_bytes() const {
    struct statvfs disk {};
    return ::statvfs(folder_of(path_).c_str(), &disk) == 0 ? std::uint64_t{disk.f_bavail} * disk.f_frsize : 0;
}

/// For files beyond the reserve.
std::uint64_t JournalRun::room_on_disk() const {
    const std::uint64_t bytes = free_disk_bytes();
    return bytes > reserve_bytes_ ? bytes - reserve_bytes_ : 0;
}

}  // namespace tally::record
