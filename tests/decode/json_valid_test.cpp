#include <memory>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "decode/describe.hpp"
#include "decode/json_fault.hpp"
#include "decode/json_places.hpp"
#include "decode/json_texts.hpp"

// What the Decoder accepts is stored as a payload, and SQLite's json_valid must hold for every
// payload.
namespace tally::decode {

namespace {

class Sqlite {
  public:
    Sqlite() {
        sqlite3* database = nullptr;
        EXPECT_EQ(sqlite3_open(":memory:", &database), SQLITE_OK);
        database_.reset(database);
        sqlite3_stmt* statement = nullptr;
        EXPECT_EQ(
            sqlite3_prepare_v2(database, "SELECT json_valid(?1)", -1, &statement, nullptr),
            SQLITE_OK
        );
        statement_.reset(statement);
    }

    bool json_valid(std::string_view text) {
        sqlite3_reset(statement_.get());
        sqlite3_bind_text64(
            statement_.get(), 1, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8
        );
        EXPECT_EQ(sqlite3_step(statement_.get()), SQLITE_ROW);
        return sqlite3_column_int(statement_.get(), 0) == 1;
    }

  private:
    struct Close {
        void operator()(sqlite3* database) const { sqlite3_close(database); }

        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };

    std::unique_ptr<sqlite3, Close> database_;
    std::unique_ptr<sqlite3_stmt, Close> statement_;
};

/// Whether the body is JSON for the Decoder, be it an event or not.
bool accepted(Decoder& decoder, std::string_view body) {
    const PaddedBody padded(body);
    const auto event = decoder.decode(padded.view());
    return event || event.error().reason != RejectReason::not_json;
}

}  // namespace

TEST(JsonValidTest, HoldsForEveryTextOfTheTableThatIsAccepted) {
    Sqlite sqlite;
    Decoder decoder;
    int count = 0;
    for (const JsonText& row : json_texts()) {
        if (accepted(decoder, row.text)) {
            ++count;
            EXPECT_TRUE(sqlite.json_valid(row.text)) << row;
        }
    }
    EXPECT_GT(count, 20);
}

TEST(JsonValidTest, HoldsForWhateverIsAcceptedOfDamagedEvents) {
    const std::string event =
        R"({"a":[1,-2.5e+3,0,"x\u00e9\ud83d\ude00\n\"",true,null,[],{}],"é":{"c":"é€😀","":false},"n":1E5})";
    const std::string bytes =
        "\"\\u0dD8{}[]:,.-+eE019tfn \n\t\x01\x7f\x80\xA0\xC3\xED\xEF\xF0\xFF" +
        std::string(1, '\0');
    Sqlite sqlite;
    Decoder decoder;
    std::mt19937 random(1);
    int accepted_count = 0;
    for (int round = 0; round < 40'000; ++round) {
        std::string body = event;
        for (auto change = random() % 3; change < 3; ++change) {
            const std::size_t at = random() % body.size();
            const char byte = bytes[random() % bytes.size()];
            switch (random() % 4) {
                case 0:
                    body[at] = byte;
                    break;
                case 1:
                    body.insert(at, 1, byte);
                    break;
                case 2:
                    body.erase(at, 1);
                    break;
                default:
                    body.insert(at, body.substr(random() % body.size(), random() % 8));
            }
        }
        const bool is_json = accepted(decoder, body);
        ASSERT_EQ(is_json, !json_fault(body) && !number_out_of_range(body)) << body;
        if (is_json) {
            ++accepted_count;
            ASSERT_TRUE(sqlite.json_valid(body)) << body;
        }
    }
    EXPECT_GT(accepted_count, 1000);
}

}  // namespace tally::decode
