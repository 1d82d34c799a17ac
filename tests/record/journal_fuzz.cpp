// A story of appends, releases, restarts and damage, told by the input. Without damage everything appended is read back;
// with damage, a beginning of it; never anything else. The first byte says whether the input itself lies there as a
// segment file at first: then nothing must crash, and appends work.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "record/journal_frame.hpp"
#include "tally/record/journal.hpp"

namespace {

using tally::record::Journal;

constexpr std::uint64_t segment_bytes = 64 << 10;
constexpr Journal::Options options{.bytes_max = 1 << 20, .reserve_bytes = 2 * segment_bytes};

std::string folder() {
    static const std::string path = [] {
        std::string name = "/dev/shm/tally-journal-fuzz-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) {
            std::abort();
        }
        return name;
    }();
    return path;
}

void expect(bool condition) {
    if (!condition) {
        std::abort();
    }
}

class Story {
  public:
    explicit Story(std::string_view input) : input_(input) {}

    void tell() {
        for (const auto& file : std::filesystem::directory_iterator(folder())) {
            std::filesystem::remove(file.path());
        }
        const auto kind = byte() % 4;
        if (kind == 1) {
            put_input_as_segment(false);
        } else if (kind == 2) {
            put_input_as_segment(true);
        }
        open();
        released_ = journal_->end();
        if (kind != 0) {
            begin_ = 0;
            (void)journal_->read(0, [](std::string_view, Journal::Position) { return true; });
        }
        while (!input_.empty()) {
            step();
        }
        journal_.reset();
    }

  private:
    unsigned byte() {
        if (input_.empty()) {
            return 0;
        }
        const auto value = static_cast<unsigned char>(input_.front());
        input_.remove_prefix(1);
        return value;
    }

    /// With a right header if `believable`, so that what follows is looked at.
    void put_input_as_segment(bool believable) {
        std::string bytes(input_);
        if (believable) {
            struct Header {
                std::array<char, 8> magic{'t', 'a', 'l', 'l', 'y', 'j', 'n', 'l'};
                std::uint64_t version = 1, history = 0, first = 0, capacity = segment_bytes - 64, salt = 0, spare = 0, check = 0;
            } header;
            header.check = tally::record::journal_check({reinterpret_cast<const char*>(&header), 56});
            bytes.insert(0, reinterpret_cast<const char*>(&header), sizeof header);
        }
        std::ofstream(folder() + "/j.0", std::ios::binary) << bytes;
    }

    void open() {
        journal_.reset();
        journal_ = std::make_unique<Journal>(folder() + "/j", options, released_);
    }

    void step() {
        switch (byte() % 8) {
            case 0:
                open();
                break;
            case 1:
                release(byte());
                break;
            case 2:
                damage();
                break;
            case 3:
                append_group(byte() % 8);
                break;
            default:
                append_group(1);
        }
        check();
    }

    void append_group(unsigned count) {
        std::vector<std::string> records;
        for (unsigned i = 0; i < count; ++i) {
            const unsigned size = byte();
            records.emplace_back(size > 200 ? size * 400 : size, static_cast<char>('a' + ++number_ % 26));
        }
        std::deque<std::string_view> pieces(records.begin(), records.end());
        std::vector<Journal::Record> group;
        for (const std::string_view& piece : pieces) {
            group.emplace_back(&piece, 1);
        }
        Journal::Position behind = journal_->end();
        const auto appended = journal_->append_all(group);
        if (!appended) {
            expect(journal_->end() == behind);
            return;
        }
        for (std::string& record : records) {
            behind += Journal::bytes_of(record.size());
            kept_.emplace_back(behind, std::move(record));
        }
        expect(behind == *appended);
    }

    void release(unsigned count) {
        for (; count > 0 && !kept_.empty(); --count) {
            released_ = kept_.front().first;
            kept_.pop_front();
        }
        journal_->release(released_);
    }

    /// Behind the back of a journal that is closed: a byte, the end, or all of a file.
    void damage() {
        journal_.reset();
        std::vector<std::filesystem::path> files;
        for (const auto& file : std::filesystem::directory_iterator(folder())) {
            files.push_back(file.path());
        }
        std::sort(files.begin(), files.end());
        if (!files.empty()) {
            const auto& file = files[byte() % files.size()];
            const std::uint64_t at = (byte() << 8U) + byte();
            const unsigned how = byte();
            if (how == 0) {
                std::filesystem::remove(file);
            } else if (how == 1) {
                std::filesystem::resize_file(file, std::min<std::uint64_t>(at, std::filesystem::file_size(file)));
            } else if (at < std::filesystem::file_size(file)) {
                std::fstream bytes(file, std::ios::binary | std::ios::in | std::ios::out);
                bytes.seekp(static_cast<std::streamoff>(at));
                bytes.put(static_cast<char>(how));
            }
        }
        open();
        const std::size_t left = check_beginning();
        kept_.resize(left);
    }

    std::size_t check_beginning() {
        std::size_t records = 0;
        const auto reached = journal_->read(released_, [&](std::string_view record, Journal::Position behind) {
            expect(records < kept_.size());
            expect(record == kept_[records].second);
            expect(behind == kept_[records].first);
            ++records;
            return true;
        });
        expect(reached.has_value());
        return records;
    }

    void check() {
        if (begin_ != 0) {
            expect(check_beginning() == kept_.size());
            expect(journal_->bytes() == journal_->end() - released_);
        } else {
            // What the input has put there may be whole records, if it knows the checks.
            kept_.clear();
            released_ = journal_->end();
            journal_->release(released_);
            begin_ = 1;
        }
    }

    std::string_view input_;
    std::unique_ptr<Journal> journal_;
    std::deque<std::pair<Journal::Position, std::string>> kept_;  ///< with the place behind each
    Journal::Position released_ = 0;
    unsigned number_ = 0;
    unsigned begin_ = 1;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Story(std::string_view(reinterpret_cast<const char*>(data), size)).tell();
    return 0;
}
