#include "tally/connect/sse_reader.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connect/frames.hpp"

namespace tally::connect {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Texts = std::vector<std::string>;

constexpr std::size_t event_bytes_max = 10000;

/// Feeds the pieces one after the other, alternately with and without padding behind them.
FrameLog read(
    const std::vector<std::string_view>& pieces, std::size_t bytes_max = event_bytes_max
) {
    FrameLog log;
    SseReader reader(bytes_max);
    bool padded = true;
    for (const auto piece : pieces) {
        const ExactBytes bytes(piece, padded ? body_padding : 0);
        reader.feed(bytes.view(), padded, log.sink());
        padded = !padded;
    }
    return log;
}

Texts texts(std::string_view stream) {
    return read({stream}).texts();
}

TEST(SseReaderTest, DispatchesAnEventAtItsBlankLine) {
    FrameLog log;
    SseReader reader(event_bytes_max);
    reader.feed("event: status_update_event\r\ndata: {\"a\":1}\r\n", false, log.sink());
    EXPECT_THAT(log.frames, IsEmpty());
    EXPECT_TRUE(reader.inside_event());
    reader.feed("\r", false, log.sink());
    EXPECT_THAT(log.texts(), ElementsAre("{\"a\":1}"));
    EXPECT_FALSE(reader.inside_event());
}

TEST(SseReaderTest, UnderstandsTheWholeFormat) {
    struct Row {
        const char* what;
        std::string_view stream;
        Texts events;
    };

    const std::vector<Row> rows = {
        {"nothing", "", {}},
        {"LF ends a line", "data: x\n\n", {"x"}},
        {"CR ends a line", "data: x\r\r", {"x"}},
        {"CRLF ends a line", "data: x\r\n\r\n", {"x"}},
        {"line ends may be mixed", "data: x\r\r\ndata: y\n\r\ndata: z\r\n\n", {"x", "y", "z"}},
        {"LF CR is two line ends", "data: x\n\r", {"x"}},
        {"data lines are joined with LF", "data: x\ndata: y\ndata:z\n\n", {"x\ny\nz"}},
        {"an empty data line among others is an empty line",
         "data: x\ndata\ndata:\ndata: y\n\n",
         {"x\n\n\ny"}},
        {"one blank after the colon is no data", "data:x\n\ndata: y\n\n", {"x", "y"}},
        {"no blank before the colon", "data : x\n\n", {}},
        {"a further colon is data", "data: a:b: c\n\n", {"a:b: c"}},
        {"comments are nothing", ": data: x\n:\n\n:x\ndata: y\n: z\n\n", {"y"}},
        {"unknown fields are nothing",
         "dat: x\ndatum: x\nDATA: x\ndata2: x\nd\nx\n\ndata: y\n\n",
         {"y"}},
        {"event, id and retry are nothing to us",
         "id: 7\nretry: 10\nevent: e\ndata: x\n\nevent: f\n\n",
         {"x"}},
        {"an event name is not needed", "data: x\n\n", {"x"}},
        {"blank lines alone are nothing", "\n\r\n\r\r\n\n", {}},
        {"the heartbeat is nothing", "\r\ndata: x\r\n\r\n\r\n\r\n", {"x"}},
        {"an empty event is nothing", "data\n\ndata:\n\ndata: \n\ndata\ndata\n\n", {}},
        {"an event of white space is nothing", "data:  \t \ndata: \n\n", {}},
        {"white space around data is not of the body", "data:   x y \t\ndata:\n\n", {"x y"}},
        {"an event cut off by the end is nothing", "data: x\n\ndata: y\n", {"x"}},
        {"a line cut off by the end is nothing", "data: x\n\ndata: y", {"x"}},
        {"a leading BOM is skipped",
         "\xEF\xBB\xBF"
         "data: x\n\n",
         {"x"}},
        {"a second BOM is text",
         "\xEF\xBB\xBF\xEF\xBB\xBF"
         "data: x\n\ndata: y\n\n",
         {"y"}},
        {"a BOM later is text",
         "data: x\n\n\xEF\xBB\xBF"
         "data: y\n\n",
         {"x"}},
        {"half a BOM is text",
         "\xEF\xBB"
         "data: x\n\ndata: y\n\n",
         {"y"}},
        {"NUL is a character like others",
         std::string_view("data: a\0b\n\n", 11),
         {std::string("a\0b", 3)}},
        {"UTF-8 passes",
         "data: \xE2\x82\xAC\xF0\x9F\x9A\x80\n\n",
         {"\xE2\x82\xAC\xF0\x9F\x9A\x80"}},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(texts(row.stream), row.events) << row.what;
    }
}

const std::string mixed_stream =
    "\xEF\xBB\xBF: hello\r\nevent: status_update_event\r\ndata: "
    "{\"a\":\"\xE2\x82\xAC\"}\r\n\r\n\r\n"
    "data: one\rdata:two\r\rid: 1\ndata\ndata:  three \ndata\n\nretry: 5\ndatax: y\nda\ndata:\n\n"
    "data: \n\nevent: x\ndata: {\"b\":[1,2]}\n\n\xEF\xBB\xBF\ndata: last\r\n\r\ndata: "
    "unfinished\r\n";

TEST(SseReaderTest, DoesNotCareWhereTheBytesAreCut) {
    const auto whole = read({mixed_stream}).frames;
    ASSERT_EQ(whole.size(), 5U);
    const std::string_view stream = mixed_stream;
    for (std::size_t first = 0; first <= stream.size(); ++first) {
        for (std::size_t second = first; second <= stream.size(); second += 7) {
            const auto cut = read(
                {stream.substr(0, first),
                 stream.substr(first, second - first),
                 stream.substr(second)}
            );
            ASSERT_EQ(cut.frames, whole) << "cut at " << first << " and " << second;
        }
    }
}

TEST(SseReaderTest, ReadsByteByByte) {
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < mixed_stream.size(); ++i) {
        bytes.push_back(std::string_view(mixed_stream).substr(i, 1));
    }
    EXPECT_EQ(read(bytes).frames, read({mixed_stream}).frames);
}

TEST(SseReaderTest, TakesASplitCrLfForOneLineEnd) {
    EXPECT_THAT(
        read({"data: x\r", "\ndata: y\r\n\r", "\n", "data: z\r\n\r\n"}).texts(),
        ElementsAre("x\ny", "z")
    );
}

TEST(SseReaderTest, TakesAHeartbeatInTwoSegmentsForNothing) {
    EXPECT_THAT(
        read({"\r", "\n", "\r", "\n", "data: x\r\n\r\n", "\r", "\n"}).texts(), ElementsAre("x")
    );
}

TEST(SseReaderTest, DoesNotCopyAnEventThatLiesWholeInPaddedBytes) {
    const ExactBytes bytes("event: e\r\ndata: {\"a\":1}\r\n\r\n", body_padding);
    FrameLog log;
    SseReader(event_bytes_max).feed(bytes.view(), true, log.sink());
    ASSERT_EQ(log.places.size(), 1U);
    EXPECT_EQ(log.places[0], bytes.view().data() + 16);
}

TEST(SseReaderTest, CopiesAnEventThatHasNoPaddingBehindIt) {
    const ExactBytes bytes("data: {\"a\":1}\r\n\r\n");
    FrameLog log;
    SseReader(event_bytes_max).feed(bytes.view(), false, log.sink());
    ASSERT_EQ(log.places.size(), 1U);
    EXPECT_FALSE(
        log.places[0] >= bytes.view().data() &&
        log.places[0] < bytes.view().data() + bytes.view().size()
    );
}

TEST(SseReaderTest, KeepsTheFirst4KibOfAnEventThatIsTooLarge) {
    const std::string big(event_bytes_max + 1, 'x');
    const KeptFrame expected{std::string(too_large_kept_bytes, 'x'), big.size(), true};
    const auto frames = read({"data: " + big + "\n\ndata: y\n\n"}).frames;
    EXPECT_THAT(frames, ElementsAre(expected, KeptFrame{"y", 1, false}));
}

TEST(SseReaderTest, TakesAnEventOfExactlyTheLimit) {
    const std::string big(event_bytes_max, 'x');
    EXPECT_THAT(
        read({"data: " + big + " \n\n"}).frames, ElementsAre(KeptFrame{big, big.size(), false})
    );
}

TEST(SseReaderTest, CountsJoiningLineEndsTowardsTheLimit) {
    const std::string half(event_bytes_max / 2, 'x');
    const auto frames = read({"data: " + half + "\ndata: " + half + "\n\n"}).frames;
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_TRUE(frames[0].too_large);
    EXPECT_EQ(frames[0].bytes, event_bytes_max + 1);
}

TEST(SseReaderTest, TellsTheSameOfATooLargeEventWhereverItIsCut) {
    const std::string stream =
        "data: " + std::string(90, 'a') + "\ndata:  " + std::string(6000, 'b') + "  \n\n";
    const auto whole = read({stream}, 100).frames;
    ASSERT_EQ(whole.size(), 1U);
    EXPECT_TRUE(whole[0].too_large);
    EXPECT_EQ(whole[0].bytes, 90U + 2 + 6000);
    EXPECT_EQ(
        whole[0].data,
        "a" + std::string(89, 'a') + "\n " + std::string(too_large_kept_bytes - 92, 'b')
    );
    for (std::size_t at = 0; at <= stream.size(); at += 13) {
        const std::string_view view = stream;
        ASSERT_EQ(read({view.substr(0, at), view.substr(at)}, 100).frames, whole) << at;
    }
}

TEST(SseReaderTest, DoesNotCountWhiteSpaceAroundTheBodyTowardsTheLimit) {
    const std::string blanks(event_bytes_max * 2, ' ');
    const auto frames = read({"data: " + blanks, "x" + blanks + "\n\n"}).frames;
    EXPECT_THAT(frames, ElementsAre(KeptFrame{"x", 1, false}));
}

TEST(SseReaderTest, PassesOverAGiantLineThatIsNoData) {
    const std::string giant(1 << 20, 'x');
    EXPECT_THAT(
        read({": ", giant, giant + "\ndata: y\n", "unknown", giant, ": z\n\n"}).texts(),
        ElementsAre("y")
    );
}

TEST(SseReaderTest, IsNotQuadraticInLoneCarriageReturns) {
    const std::string ends(
        4 << 20, '\r'
    );  // minutes if each searched to the end of the bytes for an LF
    EXPECT_THAT(read({"data: x\r" + ends}).texts(), ElementsAre("x"));
}

TEST(SseReaderTest, BeginsAnewAfterReset) {
    FrameLog log;
    SseReader reader(event_bytes_max);
    reader.feed("data: x\r\ndata: y\r", false, log.sink());
    reader.reset();
    EXPECT_FALSE(reader.inside_event());
    reader.feed(
        "\xEF\xBB\xBF"
        "data: z\n\n",
        false,
        log.sink()
    );
    EXPECT_THAT(log.texts(), ElementsAre("z"));
}

}  // namespace
}  // namespace tally::connect
