#include "replay.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include <fmt/format.h>

#include "history_writer.hpp"
#include "ingest.hpp"
#include "tally/connect/recording.hpp"
#include "tally/record/payload_packer.hpp"
#include "tally/report/exposition.hpp"

namespace tally {

namespace {

connect::Format format_of(const std::string& name) {
    if (name == "auto") {
        return connect::Format::automatic;
    }
    return name == "sse" ? connect::Format::sse : connect::Format::ndjson;
}

/// What a run added: the numbers after it less those before.
struct Summary {
    std::int64_t events = 0, duplicates = 0, task_transitions = 0, instance_transitions = 0, health_failures = 0;
    std::map<std::string, std::int64_t> rejected, deployments;
    std::int64_t rejected_before = 0;  ///< of the duplicates
    std::int64_t too_old = 0;          ///< of the duplicates: not newer than what was pruned
    std::uint64_t bytes = 0;
    double seconds = 0;
    std::vector<std::string> notes;

    void add(const std::vector<model::Snapshot>& snapshots, std::int64_t sign);
    [[nodiscard]] std::int64_t refused() const;
    [[nodiscard]] std::string json() const;
    [[nodiscard]] std::string text() const;
};

void Summary::add(const std::vector<model::Snapshot>& snapshots, std::int64_t sign) {
    for (const model::Snapshot& snapshot : snapshots) {
        for (const model::Sample& sample : snapshot.samples) {
            const std::int64_t value = sign * sample.value;
            switch (sample.family) {
                case model::Family::events:
                    events += value;
                    break;
                case model::Family::duplicates:
                    duplicates += value;
                    break;
                case model::Family::task_transitions:
                    task_transitions += value;
                    break;
                case model::Family::instance_transitions:
                    instance_transitions += value;
                    break;
                case model::Family::health_check_failures:
                    health_failures += value;
                    break;
                case model::Family::rejected:
                    rejected[std::string(sample.a)] += value;
                    break;
                case model::Family::deployments:
                    deployments[std::string(sample.a)] += value;
                    break;
                default:
                    break;
            }
        }
    }
}

std::string counts_json(const std::map<std::string, std::int64_t>& counts) {
    std::string json = "{";
    for (const auto& [name, count] : counts) {
        if (count != 0) {
            json += fmt::format("{}\"{}\":{}", json.size() > 1 ? "," : "", name, count);
        }
    }
    return json + "}";
}

std::string Summary::json() const {
    return fmt::format(
        "{{\"events\":{},\"rejected\":{},\"duplicates\":{},\"too_old\":{},\"task_transitions\":{},\"instance_transitions\":{},"
        "\"deployments\":{},\"health_failures\":{},\"bytes\":{},\"seconds\":{:.3f}}}",
        events, counts_json(rejected), duplicates, too_old, task_transitions, instance_transitions, counts_json(deployments),
        health_failures, bytes, seconds
    );
}

std::int64_t Summary::refused() const {
    std::int64_t all = 0;
    for (const auto& [reason, count] : rejected) {
        all += count;
    }
    return all;
}

std::string Summary::text() const {
    std::string text = fmt::format("events {}, duplicates {}", events, duplicates);
    text += rejected_before == 0 ? "" : fmt::format(" ({} rejected before)", rejected_before);
    text += too_old == 0 ? "" : fmt::format(" ({} not newer than what was pruned)", too_old);
    text += ", rejected";
    for (const auto& [reason, count] : rejected) {
        text += count == 0 ? "" : fmt::format(" {} {}", reason, count);
    }
    text += refused() == 0 ? " 0" : "";
    text += fmt::format("\ntask transitions {}, instance transitions {}, health failures {}, deployments",
                        task_transitions, instance_transitions, health_failures);
    std::int64_t counted = 0;
    for (const auto& [outcome, count] : deployments) {
        counted += count;
        text += count == 0 ? "" : fmt::format(" {} {}", outcome, count);
    }
    text += counted == 0 ? " 0" : "";
    text += fmt::format("\n{} bytes in {:.2f} s, {:.0f} events/s\n", bytes, seconds,
                        seconds > 0 ? static_cast<double>(events + duplicates) / seconds : 0);
    for (const std::string& note : notes) {
        text += note + '\n';
    }
    return text;
}

/// A line that is written over itself, on a terminal only.
class ProgressBar {
  public:
    ProgressBar() : on_(::isatty(STDERR_FILENO) != 0) {}
    ~ProgressBar() {
        if (on_ && drawn_) {
            std::fputs("\r\033[K", stderr);
        }
    }
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void draw(const std::string& file, const connect::Recording::Progress& progress, std::uint64_t inputs) {
        using std::chrono::steady_clock;
        const auto now = steady_clock::now();
        constexpr std::chrono::milliseconds redraw{100};
        if (!on_ || now - last_ < redraw) {
            return;
        }
        last_ = now;
        drawn_ = true;
        const double seconds = std::chrono::duration<double>(now - begin_).count();
        const double rate = static_cast<double>(inputs) / seconds;
        if (progress.file_bytes == 0) {
            fmt::print(stderr, "\r\033[K{}: {} MB, {:.0f} events/s", file, progress.bytes / 1'000'000, rate);
            return;
        }
        constexpr int width = 30;
        const double part =
            std::min(1.0, static_cast<double>(progress.packed_bytes) / static_cast<double>(progress.file_bytes));
        const auto full = static_cast<std::size_t>(part * width);
        const double left = part > 0 ? seconds * (1 - part) / part : 0;
        fmt::print(stderr, "\r\033[K{} [{}{}] {:3.0f} %, {:.0f} events/s, {:.0f} s left", file, std::string(full, '#'),
                   std::string(width - full, '.'), part * 100, rate, left);
        std::fflush(stderr);
    }
    void next_file() { begin_ = std::chrono::steady_clock::now(); }

  private:
    bool on_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point last_{};
};

/// One of the files, as it was found before anything was stored.
struct File {
    std::string path;
    Hash128 beginning;
    std::optional<connect::Recording> open;  ///< what can be read only once: a pipe, stdin
    std::uint64_t connection = 0;
    std::uint64_t recording = 0;
};

Result<connect::Recording> open_file(
    const std::string& path, const ReplayOptions& options, const Config& config
) {
    return connect::Recording::open(path, format_of(options.format), {.max_event_bytes = config.max_event_bytes});
}

/// All files are opened before anything is stored: a missing one stops the replay.
std::vector<File> look_at_files(const ReplayOptions& options, const Config& config) {
    std::vector<File> files;
    for (const std::string& path : options.files) {
        auto recording = open_file(path, options, config);
        if (!recording) {
            throw CannotStart{recording.error().what};
        }
        File& file = files.emplace_back(File{.path = path, .beginning = hash128(recording->beginning()), .open = {}});
        std::error_code none;
        if (path == "-" || !std::filesystem::is_regular_file(path, none)) {
            file.open = *std::move(recording);
        }
    }
    return files;
}

struct Run {
    Ingest& ingest;
    model::SourceId source = 0;
    Summary& summary;
    bool failed = false;
    std::chrono::steady_clock::time_point committed = std::chrono::steady_clock::now();
};

/// What a killed replay has to do again at most. Rows of state are written that often.
constexpr std::chrono::seconds replay_commit_interval{10};

/// Reads one file to its end. Faults of the file are noted and end it; what was read is kept.
void replay_file(Run& run, const File& file, connect::Recording& recording, ProgressBar& bar) {
    std::uint64_t inputs = 0;
    TimeMs wall = 0;
    bool writing = true;
    const connect::FrameSink sink = [&](const connect::Frame& frame) {
        run.ingest.take_soon({.source = run.source,
                              .connection = file.connection,
                              .recording = file.recording,
                              .way = Way::replay,
                              .wall = wall,
                              .body = frame.data,
                              .body_bytes = frame.bytes,
                              .too_large = frame.too_large});
        if (!frame.in_place) {
            run.ingest.take_rest();
        }
        ++inputs;
        if (run.ingest.is_full()) {
            writing = run.ingest.commit() && writing;
        } else if (run.ingest.has_many_facts()) {
            writing = run.ingest.hand_over_facts() && writing;
        }
    };
    bar.next_file();
    for (bool more = true; more && writing;) {
        wall = wall_now();
        const auto read = recording.read_some(sink);
        run.ingest.take_rest();
        if (!read) {
            run.summary.notes.push_back(read.error().what);
            run.failed = true;
            break;
        }
        more = *read;
        if (const auto now = std::chrono::steady_clock::now(); now - run.committed >= replay_commit_interval) {
            writing = run.ingest.commit() && writing;
            run.committed = now;
        }
        bar.draw(file.path, recording.progress(), inputs);
    }
    run.failed = run.failed || !writing;
    run.summary.bytes += recording.progress().bytes;
    if (recording.end().inside_event) {
        run.summary.notes.push_back(fmt::format("{} ends inside an event, which was not counted", file.path));
    }
}

/// Every source of the database, as `--metrics` promises.
bool write_metrics(const std::string& path, const Ingest& ingest, const Config& config) {
    report::Options options{.now = wall_now(), .show_all = true, .count_series = false, .buckets = config.buckets};
    const std::string text = report::render(ingest.snapshots(), {}, {}, report::Format::text, options);
    if (path == "-") {
        return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    }
    std::ofstream file(path, std::ios::binary);
    file << text;
    return static_cast<bool>(file.flush());
}

}  // namespace

int replay(const ReplayOptions& options, const Config& config) {
    const auto begin = std::chrono::steady_clock::now();
    if (const auto good = check_source_name(options.source); !good) {
        throw CannotStart{good.error().what};
    }
    if (options.json && options.metrics == "-") {
        throw CannotStart{"--json and --metrics - both want stdout: give --metrics a file"};
    }
    std::vector<File> files = look_at_files(options, config);
    record::History history(config.database);
    const bool is_alone = history.begin_bulk();
    record::Identity identity(config.database);
    if (is_alone) {
        identity.wait_for_commit();
    }
    // Taken before the history thread begins to use the file.
    for (File& file : files) {
        file.connection = history.next_connection();
        file.recording = history.recording(file.beginning);
    }
    Summary summary;
    bool failed = false;
    {
        record::PayloadPacker packer;
        HistoryWriter writer(history, HistoryWriter::OnError::give_up, {}, [&packer](Commit& commit) {
            for (const auto& batch : commit.batches) {
                packer.pack(*batch);
            }
        });
        Ingest ingest(history, identity, writer,
                      {.world = {.max_apps = config.max_apps, .buckets = config.buckets},
                       .keep_payload = config.keep_payload,
                       .commit_inputs_max = config.replay_commit_inputs,
                       .batch_bytes_max = std::size_t{128} << 20});
        for (const record::History::Source& source : history.sources()) {
            (void)ingest.add_source(source.name);
        }
        Run run{.ingest = ingest,
                .source = ingest.add_source(options.source),
                .summary = summary};
        summary.add(ingest.snapshots(), -1);
        {
            ProgressBar bar;
            for (std::size_t i = 0; i < files.size() && !run.failed; ++i) {
                auto recording = files[i].open ? Result<connect::Recording>(*std::exchange(files[i].open, {}))
                                               : open_file(files[i].path, options, config);
                if (recording) {
                    replay_file(run, files[i], *recording, bar);
                } else {
                    summary.notes.push_back(recording.error().what);
                    run.failed = true;
                }
            }
        }
        failed = run.failed;
        (void)ingest.commit();
        if (const auto drained = writer.drain(); !drained) {
            fmt::print(stderr, "marathon-tally: cannot write {}: {}\n", config.database, drained.error().what);
            return 1;
        }
        summary.add(ingest.snapshots(), 1);
        summary.rejected_before = ingest.rejected_before();
        summary.too_old = identity.too_old();
        if (!options.metrics.empty() && !write_metrics(options.metrics, ingest, config)) {
            summary.notes.push_back(fmt::format("cannot write {}", options.metrics));
            failed = true;
        }
    }
    if (const auto built = history.build_indices(); !built) {
        fmt::print(stderr, "marathon-tally: cannot write {}: {}\n", config.database, built.error().what);
        failed = true;
    }
    summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (summary.events + summary.duplicates == 0) {
        summary.notes.emplace_back(summary.bytes == 0     ? "there was nothing to read"
                                   : summary.refused() == 0 ? "there was no event in it: is it SSE or NDJSON? (--format)"
                                                            : "nothing in it was an event: is it SSE or NDJSON? (--format)");
    }
    fmt::print(options.json || options.metrics == "-" ? stderr : stdout, "{}", summary.text());
    if (options.json) {
        fmt::print("{}\n", summary.json());
    }
    return failed || (options.strict && summary.refused() + summary.rejected_before > 0) ? 1 : 0;
}

}  // namespace tally
