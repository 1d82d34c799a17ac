#include "tally/record/journal.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "record/journal_frame.hpp"
#include "record/journal_gather.hpp"
#include "record/journal_reader.hpp"
#include "record/journal_run.hpp"

namespace tally::record {

namespace {

std::uint64_t size_of(Journal::Record record) {
    std::uint64_t bytes = 0;
    for (const std::string_view piece : record) {
        bytes += piece.size();
    }
    return bytes;
}

}  // namespace

struct Journal::Impl {
    Impl(std::string path, const Options& given, Position committed)
        : options(given), run(std::move(path), given, committed), end(committed), released(committed) {
        const auto reached = read(committed, run.limit(), nullptr);
        if (!reached) {
            throw CannotStart{reached.error().what};
        }
        end = *reached;
        if (!run.settle(*reached)) {
            dirty_until = run.limit();
        }
    }

    Result<Position> read(
        Position from, std::optional<Position> limit, const std::function<bool(std::string_view, Position)>* visit
    ) {
        const auto reached = read_on(from, limit, visit);
        reader.forget();
        return reached;
    }

    Result<Position> read_on(
        Position from, std::optional<Position> limit, const std::function<bool(std::string_view, Position)>* visit
    ) {
        Position at = from;
        for (;;) {
            const auto record = reader.record(at, limit.value_or(end));
            if (!record) {
                return record.error();
            }
            if (!*record) {
                return at;
            }
            at += bytes_of((*record)->size());
            if (visit != nullptr && !(*visit)(**record, at)) {
                return at;
            }
        }
    }

    Result<Position> append(std::span<const Record> records);
    Result<void> put(std::span<const Record> records);
    Result<void> check_room(std::span<const Record> records, std::uint64_t bytes) const;
    /// What a failed append left behind the end would be read as records once what is written over it ends where one
    /// of them begins.
    Result<void> clean() {
        const auto wiped = run.wipe(end, dirty_until);
        dirty_until = wiped ? 0 : dirty_until;
        return wiped;
    }

    Options options;
    JournalRun run;
    JournalReader reader{run};
    JournalGather gather{run};
    std::vector<JournalFrame> frames;  // kept for its memory
    std::atomic<Position> end;
    std::atomic<Position> released;
    Position dirty_until = 0;  ///< 0: nothing lies behind the end
};

Result<void> Journal::Impl::check_room(std::span<const Record> records, std::uint64_t bytes) const {
    for (const Record record : records) {
        if (size_of(record) > std::numeric_limits<std::uint32_t>::max()) {
            return Error{"journal: a record of 4 GiB"};
        }
    }
    if (end - released + bytes > options.bytes_max) {
        return Error{fmt::format("journal: full, {} of {} bytes wait for the history", end - released, options.bytes_max)};
    }
    return {};
}

Result<Journal::Position> Journal::Impl::append(std::span<const Record> records) {
    std::uint64_t bytes = 0;
    for (const Record record : records) {
        bytes += bytes_of(size_of(record));
    }
    auto done = check_room(records, bytes);
    if (done) {
        done = run.extend(end + bytes);
    }
    if (done && dirty_until != 0) {
        done = clean();
    }
    if (!done) {
        return done.error();
    }
    done = put(records);
    if (!done) {
        dirty_until = end + bytes;
        (void)clean();
        return done.error();
    }
    end += bytes;
    return end.load();
}

Result<void> Journal::Impl::put(std::span<const Record> records) {
    frames.resize(std::max(frames.size(), records.size()));
    Position at = end;
    gather.begin(at);
    for (std::size_t i = 0; i < records.size(); ++i) {
        const std::uint64_t bytes = size_of(records[i]);
        frames[i] = make_frame(at, gather.salt(), records[i], bytes);
        if (const auto done = gather.put({reinterpret_cast<const char*>(&frames[i]), sizeof(JournalFrame)}); !done) {
            return done;
        }
        for (const std::string_view piece : records[i]) {
            if (const auto done = gather.put(piece); !done) {
                return done;
            }
        }
        at += bytes_of(bytes);
    }
    return gather.flush();
}

Journal::Journal(std::string path, Options options, Position committed)
    : impl_(std::make_unique<Impl>(std::move(path), options, committed)) {}

Journal::~Journal() = default;

Result<Journal::Position> Journal::read(
    Position from, const std::function<bool(std::string_view, Position)>& visit
) {
    return impl_->read(from, std::nullopt, &visit);
}

Result<Journal::Position> Journal::append(Record record) { return append_all({&record, 1}); }

Result<Journal::Position> Journal::append_all(std::span<const Record> records) { return impl_->append(records); }

Result<void> Journal::sync() { return impl_->run.sync(); }

void Journal::release(Position committed) {
    const Position to = std::min<Position>(committed, impl_->end);
    if (to > impl_->released) {
        impl_->released = to;
        impl_->run.release(to);
    }
}

Journal::Position Journal::end() const { return impl_->end; }

std::uint64_t Journal::bytes() const {
    const Position released = impl_->released;  // before the end, which only grows
    return impl_->end - released;
}

bool Journal::has_room(std::uint64_t bytes) const {
    const std::uint64_t needed = bytes_of(bytes);
    return impl_->end - impl_->released + needed <= impl_->options.bytes_max && impl_->run.can_extend(impl_->end + needed);
}

}  // namespace tally::record
