#include "ingest.hpp"

#include <deque>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/scratch.hpp"
#include "tally/base/time.hpp"
#include "tally/record/query.hpp"

namespace tally {
namespace {

enum class When { at_once, soon };

/// A replay of bodies into a history of its own, and what is in it then.
class Load {
  public:
    explicit Load(When when) : when_(when) {
        EXPECT_TRUE(is_alone_);
        identity_.wait_for_commit();
        source_ = ingest_.add_source("s");
    }

    void take(std::string_view body, std::uint64_t connection = 1, std::uint64_t bytes = 0) {
        bodies_.push_back(std::string(body) + std::string(decode::body_padding, '\0'));
        const Input input{.source = source_,
                          .connection = connection,
                          .recording = connection,
                          .wall = 1'900'000'000'000,
                          .body = std::string_view(bodies_.back()).substr(0, body.size()),
                          .body_bytes = std::max<std::uint64_t>(bytes, body.size()),
                          .too_large = bytes != 0};
        if (when_ == When::soon) {
            ingest_.take_soon(input);
        } else {
            (void)ingest_.take(input);
        }
    }

    std::string end() {
        ingest_.take_rest();
        EXPECT_TRUE(ingest_.commit());
        EXPECT_TRUE(writer_.drain());
        std::string all;
        for (const char* what : {"v_events", "v_task_transitions", "v_instance_transitions", "v_health_transitions", "v_tasks",
                                 "v_rejected", "counter"}) {
            const auto table = record::query(path_, fmt::format("SELECT * FROM {}", what), {}, {});
            EXPECT_TRUE(table);
            all += fmt::format("{}: {} rows\n", what, table->rows.size());
            for (const auto& row : table->rows) {
                for (const record::Value& value : row) {
                    if (const auto* text = std::get_if<std::string>(&value)) {
                        all += *text;
                    } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
                        all += std::to_string(*whole);
                    }
                    all += '|';
                }
                all += '\n';
            }
        }
        return all;
    }

  private:
    When when_;
    test::Scratch scratch_;
    std::string path_ = scratch_.file("t.db");
    record::History history_{path_};
    bool is_alone_ = history_.begin_bulk();
    record::Identity identity_{path_};
    HistoryWriter writer_{history_, HistoryWriter::OnError::give_up};
    Ingest ingest_{history_, identity_, writer_, {}};
    model::SourceId source_ = 0;
    std::deque<std::string> bodies_;
};

/// As Marathon writes it, so that it is read in place.
std::string status(int task, std::string_view state, TimeMs time, std::string_view message = "") {
    return fmt::format(
        R"({{"slaveId":"S1","taskId":"a_b{}.42256046-a9d2-11e5-8f88-024250c4{:04}","taskStatus":"{}","message":"{}","appId":"/a/b{}",)"
        R"("host":"h{}","ipAddresses":[],"ports":[1],"version":"2015-12-24T00:07:02.194Z","eventType":"status_update_event",)"
        R"("timestamp":"{}"}})",
        task % 7, task, state, message, task % 7, task % 3, format_timestamp(time)
    );
}

std::string health(int task, bool alive, TimeMs time) {
    return fmt::format(
        R"({{"appId":"/a/b{}","taskId":"a_b{}.42256046-a9d2-11e5-8f88-024250c4{:04}","version":"2016-10-13T13:31:39.055Z",)"
        R"("alive":{},"eventType":"health_status_changed_event","timestamp":"{}"}})",
        task % 7, task % 7, task, alive, format_timestamp(time)
    );
}

void tell(Load& load) {
    TimeMs time = 1'500'000'000'000;
    for (int task = 0; task < 300; ++task) {
        load.take(status(task, "TASK_STAGING", time += 10));
        const std::string running = status(task, "TASK_RUNNING", time += 10);
        load.take(running);
        load.take(health(task, true, time += 10));
        if (task >= 5) {
            load.take(status(task - 5, "TASK_FAILED", time += 10, task % 2 == 0 ? "" : R"(with an \"escape\")"));
        }
        if (task % 10 == 0) {
            load.take(running, 2);  // a duplicate
            load.take("garbage");
            load.take("   ");
            load.take(fmt::format(R"({{"eventType":"new_in_2.0","timestamp":"{}","x":[]}})", format_timestamp(time)));
            load.take(R"({"eventType":"status_upd)", 1, 70'000'000);
        }
    }
}

TEST(IngestTest, WhatIsTakenSoonIsFoldedAsWhatIsTakenAtOnce) {
    Load at_once(When::at_once);
    Load soon(When::soon);
    tell(at_once);
    tell(soon);
    const std::string expected = at_once.end();
    EXPECT_NE(expected.find("v_events: 1225 rows"), std::string::npos) << expected.substr(0, 60);
    EXPECT_EQ(soon.end(), expected);
}

TEST(IngestTest, TheRestIsFoldedWhenItIsAskedFor) {
    Load load(When::soon);
    load.take(status(1, "TASK_STAGING", 1'500'000'000'000));
    load.take(status(1, "TASK_RUNNING", 1'500'000'001'000));
    EXPECT_NE(load.end().find("v_events: 2 rows"), std::string::npos);
}

}  // namespace
}  // namespace tally
