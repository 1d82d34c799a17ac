#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "intake.hpp"
#include "support/scratch.hpp"
#include "tally/record/query.hpp"

namespace tally::test {

/// Keeps everybody else from writing to a database, as another program may.
class WriteLock {
  public:
    explicit WriteLock(const std::string& path) {
        EXPECT_EQ(sqlite3_open(path.c_str(), &db_), SQLITE_OK);
        sqlite3_busy_timeout(db_, 10'000);
        EXPECT_EQ(sqlite3_exec(db_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    }
    ~WriteLock() { sqlite3_close(db_); }
    WriteLock(const WriteLock&) = delete;
    WriteLock& operator=(const WriteLock&) = delete;

  private:
    sqlite3* db_ = nullptr;
};

/// The way from the inputs of a daemon to its history, in a folder of its own and by clocks of its own. It can die at
/// any moment. Source `s` is there, others as they are told.
class IntakeLife {
  public:
    struct Setup {
        std::uint64_t journal_bytes_max = std::uint64_t{1} << 30;
        std::size_t hold_bytes_max = std::size_t{64} << 20;
        std::uint64_t commit_inputs_max = 1'000'000;
        std::vector<std::string> sources{"s"};
    };

    IntakeLife() : IntakeLife(Setup()) {}
    explicit IntakeLife(Setup setup) : setup_(std::move(setup)) { start(); }
    ~IntakeLife() { die(); }
    IntakeLife(const IntakeLife&) = delete;
    IntakeLife& operator=(const IntakeLife&) = delete;

    // Its life.

    void start() {
        not_asked_before_ = wall_;
        history_ = std::make_unique<record::History>(path());
        identity_ = std::make_unique<record::Identity>(path());
        writer_ = std::make_unique<HistoryWriter>(*history_, HistoryWriter::OnError::retry);
        journal_ = std::make_unique<record::Journal>(
            path() + ".journal",
            record::Journal::Options{
                .bytes_max = setup_.journal_bytes_max, .reserve_bytes = 0, .history = history_->number()},
            std::max<record::Journal::Position>(1, history_->journal_begin())
        );
        ingest_ = std::make_unique<Ingest>(
            *history_, *identity_, *writer_,
            Ingest::Options{.world = {}, .commit_inputs_max = setup_.commit_inputs_max}
        );
        intake_ = std::make_unique<Intake>(
            *history_, *writer_, *ingest_, *journal_,
            Intake::Options{.hold_max = hold_max,
                            .hold_bytes_max = setup_.hold_bytes_max,
                            .journal_bytes_max = setup_.journal_bytes_max}
        );
        for (const std::string& source : setup_.sources) {
            intake_->add_source(source);
        }
        const auto recovered = intake_->recover();
        ASSERT_TRUE(recovered) << recovered.error().what;
    }

    /// kill -9: what is neither in the journal nor in the file is gone.
    void die() {
        if (writer_) {
            writer_->stop();
        }
        intake_.reset();
        writer_.reset();
        ingest_.reset();
        journal_.reset();
        identity_.reset();
        history_.reset();
    }

    void crash() {
        die();
        start();
    }

    /// What was handed over is written, and the journal's room can be used again.
    void settle() {
        ASSERT_TRUE(writer_->drain());
        intake_->work(clock_, false);
        journal_->release(intake_->committed());
    }

    void commit() {
        intake_->work(clock_, true);
        settle();
    }

    /// Waits until nothing is spilled.
    void keep_up() {
        do {
            settle();
        } while (intake_->is_spilled());
    }

    /// After the history could not be written for a while, where nothing is held.
    void catch_up() {
        do {
            commit();
        } while (intake_->is_spilled() || intake_->journal_bytes() != 0);
    }

    void finish() {
        intake_->finish();
        ASSERT_TRUE(writer_->drain());
    }

    /// Behind its back: a byte changes wherever that text lies, but for the first `spared` places.
    void damage_journal(const std::string& text, int spared = 5) const {
        for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(path()).parent_path())) {
            if (file.path().string().find(".journal.") == std::string::npos) {
                continue;
            }
            std::stringstream all;
            all << std::ifstream(file.path(), std::ios::binary).rdbuf();
            const std::string bytes = all.str();
            std::fstream out(file.path(), std::ios::binary | std::ios::in | std::ios::out);
            for (std::size_t at = bytes.find(text); at != std::string::npos; at = bytes.find(text, at + 1)) {
                if (--spared < 0) {
                    out.seekp(static_cast<std::streamoff>(at));
                    out.put('#');
                }
            }
        }
    }

    /// From the next start on.
    void follow_only(std::vector<std::string> sources) { setup_.sources = std::move(sources); }

    // What comes in. Each takes a second.

    void tick() {
        clock_ += std::chrono::seconds(1);
        wall_ += 1000;
    }

    Slab slab(const std::string& source, const std::vector<std::string>& bodies, Way way = Way::stream) {
        tick();
        Slab slab{.source = source, .way = way, .connection = connection_, .wall = wall_, .bytes = {}, .bodies = {}};
        if (way == Way::callback) {
            slab.connection = next_connection_++;
        }
        for (const std::string& body : bodies) {
            slab.bodies.push_back({.at = slab.bytes.size(), .size = body.size(), .bytes = body.size()});
            slab.bytes += body;
            slab.bytes.append(decode::body_padding, '\0');
        }
        return slab;
    }

    bool hear(const std::string& source, const std::vector<std::string>& bodies) {
        return intake_->take(slab(source, bodies), clock_);
    }

    CallbackAnswer call(const std::string& source, const std::string& body) {
        return intake_->take_callback(slab(source, {body}, Way::callback), clock_);
    }

    void mark(const std::string& source, model::Mark mark) {
        tick();
        mark.time = wall_;
        intake_->mark(source, mark, clock_);
    }

    void attach(const std::string& source) {
        connection_ = next_connection_++;
        mark(source, {.kind = model::Mark::Kind::attached, .connection = connection_, .url = "http://m"});
    }

    void end(const std::string& source) { mark(source, {.kind = model::Mark::Kind::ended, .cause = "closed"}); }
    void alive(const std::string& source) { mark(source, {.kind = model::Mark::Kind::alive}); }

    /// A snapshot that was asked for three seconds ago, but by this process, and in this hold if one ended early.
    Intake::Seen compare(const std::string& source, const std::vector<std::pair<std::string, std::string>>& tasks,
                         std::string_view framework = "f", std::string accept = {}) {
        tick();
        decode::Snapshot snapshot;
        snapshot.framework_id = framework;
        snapshot.version = "1.5.0";
        snapshot.apps.push_back({.id = "/a", .version = {}});
        for (const auto& [id, state] : tasks) {
            snapshot.tasks.push_back(
                {.id = id, .app = "/a", .host = "h", .version = {}, .state = state, .staged = {}, .started = {}, .alive = {}}
            );
        }
        return intake_->compare(source, snapshot, {.sent = std::max(wall_ - 3000, not_asked_before_), .accept_framework = std::move(accept)}, clock_);
    }

    void snapshot_failed(const std::string& source, bool for_good) {
        tick();
        intake_->snapshot_failed(source, wall_, "no", for_good, clock_);
    }

    /// An attach whose snapshot shows nothing.
    void attach_and_compare(const std::string& source) {
        attach(source);
        EXPECT_EQ(compare(source, {}).result, Intake::Compared::ok);
    }

    void let_hold_end() {
        not_asked_before_ = wall_;
        intake_->work(clock_ + hold_max, false);
    }

    /// A status update of now, a little more than 300 bytes and as many as are wished.
    [[nodiscard]] std::string task(std::string_view id, std::string_view state, std::size_t more_bytes = 0) const {
        return fmt::format(
            R"({{"eventType":"status_update_event","timestamp":"{}","slaveId":"x","taskId":"{}","taskStatus":"{}",)"
            R"("message":"{}","appId":"/a","host":"h","ports":[],"version":"2020-01-01T00:00:00.000Z"}})",
            format_timestamp(wall_), id, state, std::string(more_bytes, 'm')
        );
    }

    // What can be seen.

    [[nodiscard]] std::int64_t number(model::Family family, std::string_view source = "s") const {
        std::int64_t sum = 0;
        for (const model::Snapshot& snapshot : intake_->snapshots()) {
            for (const model::Sample& sample : snapshot.samples) {
                sum += snapshot.source == source && sample.family == family ? sample.value : 0;
            }
        }
        return sum;
    }

    [[nodiscard]] std::int64_t events(std::string_view source = "s") const {
        return number(model::Family::events, source);
    }

    [[nodiscard]] std::uint64_t losing() const {
        std::uint64_t sum = 0;
        for (const auto& [source, count] : intake_->losing()) {
            sum += count;
        }
        return sum;
    }

    /// Every number of every source shown.
    [[nodiscard]] std::string numbers() const {
        std::vector<std::string> lines;
        for (const model::Snapshot& snapshot : intake_->snapshots()) {
            for (const model::Sample& sample : snapshot.samples) {
                const std::string_view app = sample.app == model::no_app ? "" : snapshot.apps[sample.app].label;
                lines.push_back(fmt::format("{} {} {} {} {} {}", snapshot.source, static_cast<int>(sample.family), app,
                                            sample.a, sample.b, sample.value));
            }
            for (const model::HistogramSample& histogram : snapshot.histograms) {
                lines.push_back(fmt::format("{} {} {} {}", snapshot.source, to_string(histogram.family), histogram.a,
                                            histogram.sum_ms));
            }
        }
        std::sort(lines.begin(), lines.end());
        std::string text;
        for (const std::string& line : lines) {
            text += line + "\n";
        }
        return text;
    }

    [[nodiscard]] std::string ask(const std::string& sql) const {
        const auto table = record::query(path(), sql, {}, {});
        if (!table) {
            return table.error().what;
        }
        std::string text;
        for (const auto& row : table->rows) {
            std::string line;
            for (const record::Value& value : row) {
                const auto* whole = std::get_if<std::int64_t>(&value);
                const auto* string = std::get_if<std::string>(&value);
                const auto* number = std::get_if<double>(&value);
                line += line.empty() ? "" : " ";
                line += whole    ? std::to_string(*whole)
                        : string ? *string
                        : number ? fmt::format("{:.3f}", *number)
                                 : "NULL";
            }
            text += line + "\n";
        }
        return text;
    }

    /// All rows of all views. Everything has to be committed.
    [[nodiscard]] std::string rows() const {
        std::string text;
        const std::string views = ask("SELECT name FROM sqlite_schema WHERE type = 'view' AND name GLOB 'v_*' ORDER BY name");
        for (std::size_t at = 0; at < views.size();) {
            const std::size_t end = views.find('\n', at);
            const std::string name = views.substr(at, end - at);
            std::string rows = ask("SELECT * FROM " + name);
            std::vector<std::string> lines;
            for (std::size_t from = 0; from < rows.size();) {
                const std::size_t to = rows.find('\n', from);
                lines.push_back(rows.substr(from, to - from));
                from = to + 1;
            }
            std::sort(lines.begin(), lines.end());
            text += "-- " + name + "\n";
            for (const std::string& line : lines) {
                text += line + "\n";
            }
            at = end + 1;
        }
        return text;
    }

    /// What is there in the end, with all that was received.
    [[nodiscard]] std::string outcome() {
        keep_up();
        finish();
        return rows() + numbers();
    }

    [[nodiscard]] std::string path() const { return scratch_.file("t.db"); }
    [[nodiscard]] Intake& intake() { return *intake_; }
    [[nodiscard]] record::Journal& journal() { return *journal_; }
    [[nodiscard]] std::uint64_t journal_bytes_max() const { return setup_.journal_bytes_max; }
    [[nodiscard]] HistoryWriter& writer() { return *writer_; }
    [[nodiscard]] TimeMs wall() const { return wall_; }
    [[nodiscard]] Intake::Clock::time_point clock() const { return clock_; }
    [[nodiscard]] std::string seconds() const { return fmt::format("{:.3f}", static_cast<double>(wall_) / 1000); }

    static constexpr std::chrono::seconds hold_max{30};

  private:
    Setup setup_;
    Scratch scratch_;
    Intake::Clock::time_point clock_{std::chrono::hours(1)};
    TimeMs wall_ = 1'600'000'000'000;
    TimeMs not_asked_before_ = 0;  ///< a snapshot
    std::uint64_t connection_ = 0;
    std::uint64_t next_connection_ = 1;
    std::unique_ptr<record::History> history_;
    std::unique_ptr<record::Identity> identity_;
    std::unique_ptr<record::Journal> journal_;
    std::unique_ptr<Ingest> ingest_;
    std::unique_ptr<HistoryWriter> writer_;  // its batches point into the Worlds
    std::unique_ptr<Intake> intake_;
};

}  // namespace tally::test
