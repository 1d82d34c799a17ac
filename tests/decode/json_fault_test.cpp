#include "decode/json_fault.hpp"

#include <gtest/gtest.h>

#include "decode/json_texts.hpp"

namespace tally::decode {

TEST(JsonFaultTest, NamesTheFaultAndItsOffset) {
    for (const JsonText& row : json_texts()) {
        const auto fault = json_fault(row.text);
        EXPECT_EQ(fault ? fault->what : "", row.fault) << row;
        EXPECT_EQ(fault ? fault->offset : 0, row.offset) << row;
    }
}

TEST(JsonFaultTest, SeesEveryPlaceWhereATextIsCutOff) {
    const std::string text = R"({"a":[1,-2.5e+3,"x\u00e9\ud83d\ude00\n",true,null],"b":{"c":"é"}})";
    ASSERT_FALSE(json_fault(text));
    for (std::size_t size = 0; size < text.size(); ++size) {
        const auto fault = json_fault(std::string_view(text).substr(0, size));
        ASSERT_TRUE(fault) << size;
        EXPECT_LE(fault->offset, size);
    }
}

TEST(JsonFaultTest, DoesNotReadPastTheEnd) {
    for (const JsonText& row : json_texts()) {
        for (std::size_t size = 0; size < std::min<std::size_t>(row.text.size(), 64); ++size) {
            const std::vector<char> exact(
                row.text.begin(), row.text.begin() + static_cast<long>(size)
            );
            const auto fault = json_fault({exact.data(), exact.size()});
            EXPECT_TRUE(!fault || fault->offset <= size);
        }
    }
}

}  // namespace tally::decode
