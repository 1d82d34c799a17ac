#include "tally/connect/recording.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connect/archives.hpp"
#include "connect/frames.hpp"

namespace tally::connect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Texts = std::vector<std::string>;

class RecordingTest : public testing::Test {
  protected:
    RecordingTest() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "recording_test_XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
    }

    ~RecordingTest() override { std::filesystem::remove_all(folder_); }

    std::string write(std::string_view bytes, const std::string& name = "recording") const {
        const auto path = (folder_ / name).string();
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }

    struct Outcome {
        Texts texts;
        std::string error;
        bool inside_event = false;
        Recording::Progress progress;
    };

    static Outcome read(
        const std::string& path, Format format = Format::automatic, Recording::Limits limits = {}
    ) {
        auto recording = Recording::open(path, format, limits);
        if (!recording) {
            return {{}, recording.error().what, false, {}};
        }
        FrameLog log;
        auto more = recording->read_some(log.sink());
        while (more && *more) {
            more = recording->read_some(log.sink());
        }
        return {
            log.texts(),
            more ? "" : more.error().what,
            recording->end().inside_event,
            recording->progress()};
    }

    Outcome read_bytes(std::string_view bytes, Format format = Format::automatic) const {
        return read(write(bytes), format);
    }

    std::filesystem::path folder_;
};

std::string many_lines(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += "{\"line\":" + std::to_string(i * 7919) + ",\"pad\":\"" +
                std::string(i % 300, 'x') + "\"}\n";
    }
    return text;
}

Texts lines_of(std::string_view text) {
    Texts lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return lines;
}

TEST_F(RecordingTest, ShowsItsBeginningAndStillReadsAll) {
    std::string body;
    for (int i = 0; i < 100; ++i) {
        body += "{\"n\":" + std::to_string(i) + "}\n";
    }
    for (const std::string& bytes : {std::string(), std::string("{}\n"), body}) {
        const auto path = write(bytes);
        auto recording = Recording::open(path, Format::automatic, {});
        ASSERT_TRUE(recording);
        EXPECT_EQ(recording->beginning(), bytes.substr(0, 512));
        EXPECT_EQ(recording->beginning(), bytes.substr(0, 512));
        FrameLog log;
        auto more = recording->read_some(log.sink());
        while (more && *more) {
            more = recording->read_some(log.sink());
        }
        EXPECT_EQ(log.texts(), read(path).texts);
        EXPECT_EQ(recording->progress().bytes, bytes.size());
    }
}

TEST_F(RecordingTest, TellsTheFormatByTheFirstLineThatIsNotBlank) {
    struct Row {
        const char* what;
        std::string bytes;
        Texts texts;
    };

    const std::vector<Row> rows = {
        {"nothing", "", {}},
        {"NDJSON", "{\"data\":1}\n{}\n", {"{\"data\":1}", "{}"}},
        {"event:", "event: e\ndata: {}\n\n", {"{}"}},
        {"data:", "data:{}\n\n", {"{}"}},
        {"id:", "id: 1\ndata:{}\n\n", {"{}"}},
        {"retry:", "retry: 1\ndata:{}\n\n", {"{}"}},
        {"comment", ":\ndata:{}\n\n", {"{}"}},
        {"CR alone ends the first line", "data:{}\r\r", {"{}"}},
        {"blank lines go before", "\r\n \t\n\ndata: {}\n\n", {"{}"}},
        {"blank lines before NDJSON", "\n\r\n  \n{}", {"{}"}},
        {"BOM before SSE",
         "\xEF\xBB\xBF"
         "data: {}\n\n",
         {"{}"}},
        {"BOM and blanks before SSE",
         "\xEF\xBB\xBF\n\n"
         "data: {}\n\n",
         {"{}"}},
        {"BOM before NDJSON", "\xEF\xBB\xBF{}\n", {"{}"}},
        {"a BOM after blank lines is text", "\n\xEF\xBB\xBF{}\n", {"\xEF\xBB\xBF{}"}},
        {"half a BOM is text", "\xEF\xBB", {"\xEF\xBB"}},
        {"SSE does not begin with a blank", " data: {}\n\n", {"data: {}"}},
        {"a field name alone is no SSE", "data\n\n", {"data"}},
        {"another field is no SSE", "datum: {}\n", {"datum: {}"}},
        {"too short to tell", "ev", {"ev"}},
        {"blanks only", " \n\n", {}},
    };
    for (const auto& row : rows) {
        const auto outcome = read_bytes(row.bytes);
        EXPECT_EQ(outcome.texts, row.texts) << row.what;
        EXPECT_EQ(outcome.error, "") << row.what;
    }
}

TEST_F(RecordingTest, TellsTheFormatBehindMoreBlanksThanAChunkHolds) {
    const std::string blanks(3 << 20, '\n');
    EXPECT_THAT(read_bytes(blanks + "data: x\n\n").texts, ElementsAre("x"));
    EXPECT_THAT(read_bytes(blanks + "{}").texts, ElementsAre("{}"));
}

TEST_F(RecordingTest, TellsTheFormatOfALineLongerThanAChunk) {
    const std::string giant(3 << 20, 'x');
    EXPECT_THAT(read_bytes("data: " + giant + "\n\n").texts, ElementsAre(giant));
    EXPECT_THAT(read_bytes(giant + "\n").texts, ElementsAre(giant));
}

TEST_F(RecordingTest, DoesAsItIsToldWhateverTheFileLooksLike) {
    EXPECT_THAT(read_bytes("data: x\n\n", Format::ndjson).texts, ElementsAre("data: x"));
    EXPECT_THAT(read_bytes("{}\n\ndata: x\n\n", Format::sse).texts, ElementsAre("x"));
}

TEST_F(RecordingTest, ReadsTheSameFramesHoweverTheFileIsPacked) {
    const auto text = many_lines(20000);
    const auto lines = lines_of(text);
    const auto half = text.size() / 2;
    const std::string skippable("\x50\x2A\x4D\x18\x03\0\0\0abc", 11);
    EXPECT_EQ(read_bytes(text).texts, lines);
    EXPECT_EQ(read_bytes(gzip(text)).texts, lines);
    EXPECT_EQ(read_bytes(zstd(text)).texts, lines);
    EXPECT_EQ(
        read_bytes(gzip(text.substr(0, half)) + gzip("") + gzip(text.substr(half))).texts, lines
    );
    EXPECT_EQ(
        read_bytes(zstd(text.substr(0, half)) + zstd("") + zstd(text.substr(half))).texts, lines
    );
    EXPECT_EQ(read_bytes(skippable + zstd(text) + skippable).texts, lines);
}

TEST_F(RecordingTest, HandsOutTheLastLineWithoutALineEnd) {
    for (const auto& bytes : {std::string("{}\n[1]"), gzip("{}\n[1]"), zstd("{}\n[1]")}) {
        EXPECT_THAT(read_bytes(bytes).texts, ElementsAre("{}", "[1]"));
    }
}

TEST_F(RecordingTest, TellsThatAnSseFileEndedInsideAnEvent) {
    EXPECT_TRUE(read_bytes("data: x\n\ndata: y\n").inside_event);
    EXPECT_FALSE(read_bytes("data: x\n\n").inside_event);
    EXPECT_FALSE(read_bytes("{}\n{").inside_event);
}

TEST_F(RecordingTest, HandsOutTheWholeFramesOfATruncatedArchiveAndThenFails) {
    const auto text = many_lines(20000);
    const auto lines = lines_of(text);
    for (const auto& packed : {gzip(text), zstd(text)}) {
        const auto path = write(packed.substr(0, packed.size() * 2 / 3));
        const auto outcome = read(path);
        EXPECT_THAT(outcome.error, HasSubstr("truncated"));
        EXPECT_THAT(outcome.error, HasSubstr(path));
        ASSERT_GT(outcome.texts.size(), 1000U);
        ASSERT_LT(outcome.texts.size(), lines.size());
        EXPECT_EQ(
            outcome.texts,
            Texts(lines.begin(), lines.begin() + static_cast<long>(outcome.texts.size()))
        );
    }
}

TEST_F(RecordingTest, CallsAnArchiveTruncatedWhereverItIsCut) {
    for (const auto& packed : {gzip("{}\n[1]\n[2]"), zstd("{}\n[1]\n[2]")}) {
        for (std::size_t length = 4; length < packed.size(); ++length) {
            const auto outcome = read_bytes(packed.substr(0, length));
            EXPECT_THAT(outcome.error, HasSubstr("truncated")) << length << " of " << packed.size();
            EXPECT_THAT(outcome.texts, testing::Not(testing::Contains("[2]"))) << length;
        }
    }
}

TEST_F(RecordingTest, HandsOutWhatIsGoodBeforeDamageAndThenFails) {
    const auto text = many_lines(20000);
    const auto lines = lines_of(text);
    for (auto packed : {gzip(text), zstd(text)}) {
        packed[packed.size() - 2] =
            static_cast<char>(~packed[packed.size() - 2]);  // of the checksum or the length
        const auto outcome = read_bytes(packed);
        EXPECT_EQ(outcome.texts, lines);
        EXPECT_THAT(outcome.error, HasSubstr("damaged"));
    }
}

TEST_F(RecordingTest, TakesGarbageBehindAnArchiveForDamage) {
    for (const auto& packed : {gzip("{}\n"), zstd("{}\n")}) {
        const auto outcome = read_bytes(packed + "garbage");
        EXPECT_THAT(outcome.texts, ElementsAre("{}"));
        EXPECT_THAT(outcome.error, HasSubstr("something else follows"));
    }
}

TEST_F(RecordingTest, RefusesAMissingFileAndAFolder) {
    const auto missing = (folder_ / "missing").string();
    EXPECT_EQ(read(missing).error, missing + ": No such file or directory");
    EXPECT_EQ(read(folder_.string()).error, folder_.string() + ": Is a directory");
}

TEST_F(RecordingTest, GoesOnSayingThatItFailed) {
    auto recording = Recording::open(write(gzip("{}").substr(0, 8)), Format::automatic, {});
    ASSERT_TRUE(recording);
    FrameLog log;
    EXPECT_FALSE(recording->read_some(log.sink()));
    EXPECT_FALSE(recording->read_some(log.sink()));
    EXPECT_THAT(log.frames, IsEmpty());
}

TEST_F(RecordingTest, GoesOnSayingThatItEnded) {
    auto recording = Recording::open(write("{}"), Format::automatic, {});
    ASSERT_TRUE(recording);
    FrameLog log;
    EXPECT_TRUE(*recording->read_some(log.sink()));
    EXPECT_FALSE(*recording->read_some(log.sink()));
    EXPECT_FALSE(*recording->read_some(log.sink()));
    EXPECT_THAT(log.texts(), ElementsAre("{}"));
}

TEST_F(RecordingTest, CountsWhatItRead) {
    const auto text = many_lines(1000);
    const auto packed = gzip(text);
    const auto progress = read_bytes(packed).progress;
    EXPECT_EQ(progress.bytes, text.size());
    EXPECT_EQ(progress.packed_bytes, packed.size());
    EXPECT_EQ(progress.file_bytes, packed.size());
    EXPECT_EQ(read_bytes(text).progress.packed_bytes, text.size());
}

TEST_F(RecordingTest, ReadsAPipeAsItIsWritten) {
    const auto path = (folder_ / "pipe").string();
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    const auto text = many_lines(5000);
    const auto packed = gzip(text);
    std::thread writer([&] {
        std::ofstream out(path, std::ios::binary);
        for (std::size_t at = 0; at < packed.size(); at += 1000) {
            out << packed.substr(at, 1000) << std::flush;
        }
    });
    const auto outcome = read(path);
    writer.join();
    EXPECT_EQ(outcome.texts, lines_of(text));
    EXPECT_EQ(outcome.progress.file_bytes, 0U);
}

TEST_F(RecordingTest, ReadsStdinForADash) {
    const int saved = ::dup(STDIN_FILENO);
    const int file = ::open(write("{}\n").c_str(), O_RDONLY);
    ::dup2(file, STDIN_FILENO);
    ::close(file);
    const auto outcome = read("-");
    ::dup2(saved, STDIN_FILENO);
    ::close(saved);
    EXPECT_THAT(outcome.texts, ElementsAre("{}"));
}

TEST_F(RecordingTest, KeepsEventsWithinTheLimit) {
    const auto path = write("{}\n" + std::string(5000, 'x') + "\n[]\n");
    EXPECT_THAT(
        read(path, Format::automatic, {.max_event_bytes = 4999}).texts,
        ElementsAre("{}", std::string(4096, 'x'), "[]")
    );
}

TEST_F(RecordingTest, WhatIsInPlaceLivesUntilTheNextRead) {
    auto recording = Recording::open(write("{\"a\":1}\n{\"b\":2}\n"), Format::ndjson, {});
    ASSERT_TRUE(recording);
    std::vector<std::string_view> bodies;
    const auto more = recording->read_some([&bodies](const Frame& frame) {
        EXPECT_TRUE(frame.in_place);
        bodies.push_back(frame.data);
    });
    ASSERT_TRUE(more);
    EXPECT_THAT(bodies, ElementsAre("{\"a\":1}", "{\"b\":2}"));
}

}  // namespace
}  // namespace tally::connect
