#include "tally/connect/line_reader.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connect/frames.hpp"

namespace tally::connect {
namespace {

using testing::ElementsAre;
using Texts = std::vector<std::string>;

constexpr std::size_t line_bytes_max = 10000;

FrameLog read_lines(
    const std::vector<std::string_view>& pieces, std::size_t bytes_max = line_bytes_max
) {
    FrameLog log;
    LineReader reader(bytes_max);
    bool padded = true;
    for (const auto piece : pieces) {
        const ExactBytes bytes(piece, padded ? body_padding : 0);
        reader.feed(bytes.view(), padded, log.sink());
        padded = !padded;
    }
    reader.finish(log.sink());
    return log;
}

TEST(LineReaderTest, UnderstandsLines) {
    struct Row {
        const char* what;
        std::string_view text;
        Texts lines;
    };

    const std::vector<Row> rows = {
        {"nothing", "", {}},
        {"LF ends a line", "{}\n[]\n", {"{}", "[]"}},
        {"the last line needs no LF", "{}\n[]", {"{}", "[]"}},
        {"CR is white space", "{}\r\n[1,\r2]\r\n\r\n", {"{}", "[1,\r2]"}},
        {"white space around a line is not of the body", " \t{} \n", {"{}"}},
        {"lines of white space are nothing", "\n \n\t\r\n{}\n\n  ", {"{}"}},
        {"a leading BOM is skipped", "\xEF\xBB\xBF{}\n", {"{}"}},
        {"a BOM alone is nothing", "\xEF\xBB\xBF", {}},
        {"half a BOM is text", "\xEF\xBB{}\n", {"\xEF\xBB{}"}},
        {"half a BOM at the end is text", "\xEF\xBB", {"\xEF\xBB"}},
        {"a later BOM is text", "{}\n\xEF\xBB\xBF{}\n", {"{}", "\xEF\xBB\xBF{}"}},
        {"NUL is text", std::string_view("a\0b\n", 4), {std::string("a\0b", 3)}},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(read_lines({row.text}).texts(), row.lines) << row.what;
    }
}

TEST(LineReaderTest, DoesNotCareWhereTheBytesAreCut) {
    const std::string text = "\xEF\xBB\xBF  {\"a\":\"\xE2\x82\xAC\"}\r\n\r\n \n[1]\n" +
                             std::string(60, 'x') + "\n\t{}  \r\n{\"end\":1}";
    const auto whole = read_lines({text}, 50).frames;
    ASSERT_EQ(whole.size(), 5U);
    const std::string_view view = text;
    for (std::size_t first = 0; first <= view.size(); ++first) {
        for (std::size_t second = first; second <= view.size(); ++second) {
            const auto cut = read_lines(
                {view.substr(0, first), view.substr(first, second - first), view.substr(second)}, 50
            );
            ASSERT_EQ(cut.frames, whole) << "cut at " << first << " and " << second;
        }
    }
}

TEST(LineReaderTest, DoesNotCopyALineThatLiesWholeInPaddedBytes) {
    const ExactBytes bytes("{}\n {\"a\":1}\n", body_padding);
    FrameLog log;
    LineReader(line_bytes_max).feed(bytes.view(), true, log.sink());
    EXPECT_THAT(log.places, ElementsAre(bytes.view().data(), bytes.view().data() + 4));
}

TEST(LineReaderTest, DoesNotCopyAnEarlyLineOfUnpaddedBytesThatAreThemselvesThePadding) {
    const ExactBytes bytes("{}\n" + std::string(body_padding, 'x') + "\n");
    FrameLog log;
    LineReader(line_bytes_max).feed(bytes.view(), false, log.sink());
    ASSERT_EQ(log.places.size(), 2U);
    EXPECT_EQ(log.places[0], bytes.view().data());
    EXPECT_NE(log.places[1], bytes.view().data() + 3);
}

TEST(LineReaderTest, KeepsTheFirst4KibOfALineThatIsTooLarge) {
    const std::string big(line_bytes_max + 1, 'x');
    const KeptFrame expected{std::string(too_large_kept_bytes, 'x'), big.size(), true};
    EXPECT_THAT(read_lines({big + "\r\n{}\n"}).frames, ElementsAre(expected, KeptFrame{"{}", 2, false}));
    EXPECT_THAT(read_lines({big.substr(0, 5000), big.substr(5000)}).frames, ElementsAre(expected));
}

TEST(LineReaderTest, TakesALineOfExactlyTheLimit) {
    const std::string big(line_bytes_max, 'x');
    EXPECT_THAT(read_lines({"  " + big + "  \n"}).frames, ElementsAre(KeptFrame{big, big.size(), false}));
}

TEST(LineReaderTest, KeepsWhiteSpaceInsideALargeBody) {
    const std::string blanks(6000, ' ');
    const std::string line = "a" + blanks + "b";
    EXPECT_THAT(
        read_lines({"a" + blanks, "b\n"}).frames, ElementsAre(KeptFrame{line, line.size(), false})
    );
}

TEST(LineReaderTest, BeginsANewStreamAfterFinish) {
    FrameLog log;
    LineReader reader(line_bytes_max);
    for (int i = 0; i < 2; ++i) {
        reader.feed("\xEF\xBB\xBF{}", false, log.sink());
        reader.finish(log.sink());
    }
    EXPECT_THAT(log.texts(), ElementsAre("{}", "{}"));
}

TEST(LineReaderTest, ALineThatCameInOnePieceIsInPlace) {
    LineReader reader(1000);
    FrameLog log;
    const std::string first = "one\ntw" + std::string(body_padding, ' ');
    const std::string second = "o\nthree\n" + std::string(body_padding, ' ');
    reader.feed(std::string_view(first).substr(0, 6), true, log.sink());
    reader.feed(std::string_view(second).substr(0, 8), true, log.sink());
    EXPECT_EQ(log.texts(), (std::vector<std::string>{"one", "two", "three"}));
    EXPECT_EQ(log.in_place, (std::vector<bool>{true, false, true}));
    EXPECT_EQ(log.places[2], second.data() + 2);
}

}  // namespace
}  // namespace tally::connect
