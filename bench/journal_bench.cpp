// What it costs the ingest thread to put records of 400 B into the journal: one by one, and in groups as the bytes of
// one read of a socket make them. Beside it the same bytes by one bare write() for each group.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tally/record/journal.hpp"

namespace {

using namespace tally;

constexpr std::size_t record_bytes = 400;
constexpr std::int64_t records = 100'000;

class Folder {
  public:
    Folder() : path_((std::filesystem::temp_directory_path() / "tally-bench-XXXXXX").string()) {
        if (::mkdtemp(path_.data()) == nullptr) {
            std::abort();
        }
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::string file(const char* name) const { return path_ + '/' + name; }

  private:
    std::string path_;
};

void append_in_groups(benchmark::State& state) {
    const Folder folder;
    record::Journal journal(folder.file("j"), {}, 0);
    const std::string head(40, 'h');
    const std::string body(record_bytes - head.size(), 'b');
    const std::vector<std::string_view> pieces{head, body};
    const std::vector<record::Journal::Record> group(static_cast<std::size_t>(state.range(0)), pieces);
    for (auto _ : state) {
        for (std::int64_t done = 0; done < records; done += state.range(0)) {
            const auto behind = journal.append_all(group);
            if (!behind) {
                state.SkipWithError(behind.error().what.c_str());
                return;
            }
            journal.release(*behind);
        }
    }
    state.SetItemsProcessed(state.iterations() * records);
}

void write_bare(benchmark::State& state) {
    const Folder folder;
    const int fd = ::open(folder.file("bare").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const std::string bytes(record_bytes * static_cast<std::size_t>(state.range(0)), 'b');
    constexpr off_t file_bytes = off_t{32} << 20;  // the journal goes round in two segments
    if (::posix_fallocate(fd, 0, file_bytes) != 0) {
        state.SkipWithError("no room");
    }
    off_t at = 0;
    for (auto _ : state) {
        for (std::int64_t done = 0; done < records; done += state.range(0)) {
            at = at + static_cast<off_t>(bytes.size()) > file_bytes ? 0 : at;
            at += ::pwrite(fd, bytes.data(), bytes.size(), at);
        }
    }
    ::close(fd);
    state.SetItemsProcessed(state.iterations() * records);
}

void read_again(benchmark::State& state) {
    const Folder folder;
    record::Journal journal(folder.file("j"), {}, 0);
    const std::string body(record_bytes, 'b');
    const std::vector<std::string_view> pieces{body};
    for (std::int64_t i = 0; i < records; ++i) {
        (void)journal.append(pieces);
    }
    std::size_t bytes = 0;
    for (auto _ : state) {
        (void)journal.read(0, [&bytes](std::string_view record, record::Journal::Position) {
            bytes += record.size();
            return true;
        });
    }
    benchmark::DoNotOptimize(bytes);
    state.SetItemsProcessed(state.iterations() * records);
}

}  // namespace

BENCHMARK(append_in_groups)->ArgName("group")->Arg(1)->Arg(10)->Arg(50)->Arg(500)->Unit(benchmark::kMillisecond);
BENCHMARK(write_bare)->ArgName("group")->Arg(1)->Arg(10)->Arg(50)->Arg(500)->Unit(benchmark::kMillisecond);
BENCHMARK(read_again)->Unit(benchmark::kMillisecond);
