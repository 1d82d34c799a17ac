#include "ingest_thread.hpp"

#include <future>

#include <gtest/gtest.h>

#include "intake_life.hpp"

namespace tally {

namespace {

using test::WriteLock;

/// The thread of a daemon that follows `s`.
class IngestThreadTest : public testing::Test {
  protected:
    IngestThreadTest() {
        std::promise<IngestThread::Streams> restored;
        IngestThread::Options options;
        options.journal = path_ + ".journal";
        options.journal_size.reserve_bytes = 0;
        options.sources = {"s"};
        thread_ = std::make_unique<IngestThread>(
            history_, identity_, writer_, std::move(options),
            IngestThread::Outside{.restored = [&restored](const IngestThread::Streams& streams) { restored.set_value(streams); },
                                  .room = [] {},
                                  .failed = [this](const std::string& what) { failed_ = what; }}
        );
        streams_ = restored.get_future().get();
    }

    ~IngestThreadTest() override {
        thread_->finish();
        EXPECT_TRUE(writer_.drain());
    }

    template <class Message>
    void give(Message message) {
        IngestThread::Message any(std::move(message));
        ASSERT_TRUE(thread_->hand_over(any));
    }

    /// The names of what is shown; waits for all that was given before.
    std::string shown() {
        std::promise<std::string> names;
        give(IngestThread::Asked{.known = {}, .answer = [&names](const IngestThread::Numbers& numbers) {
            std::string text;
            for (const model::Snapshot& snapshot : numbers.sources) {
                text += snapshot.source;
            }
            names.set_value(text);
        }});
        return names.get_future().get();
    }

    test::Scratch scratch_;
    std::string path_ = scratch_.file("t.db");
    record::History history_{path_};
    record::Identity identity_{path_};
    HistoryWriter writer_{history_, HistoryWriter::OnError::retry};
    std::string failed_;
    std::unique_ptr<IngestThread> thread_;
    IngestThread::Streams streams_;
};

TEST_F(IngestThreadTest, RestoresTheSourcesOfTheConfiguration) {
    ASSERT_EQ(streams_.size(), 1U);
    EXPECT_FALSE(streams_.at("s").had_session);
    EXPECT_EQ(shown(), "s");
}

TEST_F(IngestThreadTest, ASourceComesAndGoes) {
    std::promise<void> came;
    give(IngestThread::Followed{.source = "t", .shown = true, .done = [&came](const auto&) { came.set_value(); }});
    came.get_future().get();
    EXPECT_EQ(shown(), "st");
    give(IngestThread::Followed{.source = "t", .shown = false, .done = {}});
    EXPECT_EQ(shown(), "s");
}

TEST_F(IngestThreadTest, ASourceThatCannotBeReadYetEndsNothing) {
    {
        const WriteLock lock(path_);
        give(IngestThread::Followed{.source = "t", .shown = true, .done = [](const auto&) {}});
        EXPECT_EQ(shown(), "s");
        give(IngestThread::Followed{.source = "t", .shown = false, .done = {}});
    }
    EXPECT_EQ(shown(), "s");
    EXPECT_EQ(failed_, "");
}

}  // namespace

}  // namespace tally
