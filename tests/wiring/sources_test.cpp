#include "sources.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

namespace tally {

namespace {

using Followed = IngestThread::Followed;

/// Sources that are fed by callbacks only, so that nothing is connected to; ingest is what was handed over.
class SourcesTest : public testing::Test {
  protected:
    static Config config(const std::vector<std::string>& names) {
        Config config;
        for (const std::string& name : names) {
            config.sources.push_back({.name = name, .urls = {}});
        }
        return config;
    }

    static IngestThread::Streams streams(const std::vector<std::string>& names) {
        IngestThread::Streams streams;
        for (const std::string& name : names) {
            streams[name] = {};
        }
        return streams;
    }

    /// What ingest was told, in short; it answers each source that comes.
    std::vector<std::string> told(bool answers = true) {
        std::vector<std::string> lines;
        for (IngestThread::Message& message : std::exchange(messages_, {})) {
            if (auto* followed = std::get_if<Followed>(&message)) {
                lines.push_back((followed->shown ? "+" : "-") + followed->source);
                if (followed->shown && answers) {
                    followed->done({});
                }
            } else if (const auto* marked = std::get_if<IngestThread::Marked>(&message)) {
                lines.push_back(marked->source + " " + std::string(to_string(marked->mark.kind)) + " " + marked->mark.cause);
            }
        }
        io_.restart();
        io_.poll();
        return lines;
    }

    std::string followed() {
        std::string names;
        for (const auto& source : sources_.landing()) {
            names += source.name;
        }
        return names;
    }

    using Lines = std::vector<std::string>;

    bool has_room_ = true;
    std::vector<IngestThread::Message> messages_;
    boost::asio::io_context io_;
    boost::asio::thread_pool workers_{1};
    Sources sources_{io_, workers_,
                     {.hand_over =
                          [this](IngestThread::Message& message) {
                              if (has_room_) {
                                  messages_.push_back(std::move(message));
                              }
                              return has_room_;
                          },
                      .next_connection = [] { return std::uint64_t{1}; }}};
};

TEST_F(SourcesTest, BeginsWithWhatIsConfigured) {
    sources_.begin(config({"a", "b"}), streams({"a", "b"}));
    EXPECT_EQ(followed(), "ab");
    EXPECT_NE(sources_.find("a"), nullptr);
    EXPECT_EQ(sources_.find("c"), nullptr);
    EXPECT_EQ(told(), Lines{});
}

TEST_F(SourcesTest, WhatIsGoneEndsAndWhatIsNewBegins) {
    sources_.begin(config({"a", "b"}), streams({"a", "b"}));
    sources_.change(config({"b", "c"}));
    EXPECT_EQ(followed(), "b");
    EXPECT_EQ(told(), (Lines{"a stopped reload", "-a", "+c"}));
    EXPECT_EQ(followed(), "bc");
}

TEST_F(SourcesTest, WhatIsTheSameGoesOn) {
    sources_.begin(config({"a"}), streams({"a"}));
    const Follower* before = sources_.find("a");
    Config next = config({"a"});
    next.log_level = "debug";
    sources_.change(next);
    EXPECT_EQ(sources_.find("a"), before);
    EXPECT_EQ(told(), Lines{});
}

TEST_F(SourcesTest, WhatIsChangedEndsAndBeginsAgain) {
    sources_.begin(config({"a"}), streams({"a"}));
    Config next = config({"a"});
    next.sources[0].callback.emplace().secret.text = "s";
    sources_.change(next);
    EXPECT_EQ(followed(), "");
    EXPECT_EQ(told(), (Lines{"a stopped reload", "-a", "+a"}));
    EXPECT_EQ(followed(), "a");
}

TEST_F(SourcesTest, ASettingOfAllStreamsChangesAll) {
    sources_.begin(config({"a", "b"}), streams({"a", "b"}));
    Config next = config({"a", "b"});
    next.silence_timeout *= 2;
    sources_.change(next);
    EXPECT_EQ(told(), (Lines{"a stopped reload", "-a", "b stopped reload", "-b", "+a", "+b"}));
    EXPECT_EQ(followed(), "ab");
}

TEST_F(SourcesTest, TheLastOfManyConfigurationsIsFollowed) {
    sources_.begin(config({}), streams({}));
    sources_.change(config({"a"}));
    sources_.change(config({"b"}));
    sources_.change(config({"a", "b"}));
    (void)told();
    EXPECT_EQ(followed(), "ab");
    sources_.change(config({"a", "b", "c"}));
    sources_.change(config({"a"}));
    EXPECT_EQ(told().back(), "-c");
    EXPECT_EQ(followed(), "a");
}

TEST_F(SourcesTest, WithoutRoomAtIngestItIsToldLaterInOrder) {
    sources_.begin(config({"a"}), streams({"a"}));
    has_room_ = false;
    sources_.change(config({"b"}));
    EXPECT_EQ(told(), Lines{});
    sources_.retry();
    EXPECT_EQ(told(), Lines{});
    has_room_ = true;
    sources_.retry();
    EXPECT_EQ(told(), (Lines{"a stopped reload", "-a", "+b"}));
}

TEST_F(SourcesTest, NothingBeginsAfterTheStop) {
    sources_.begin(config({"a"}), streams({"a"}));
    sources_.change(config({"a", "b"}));
    sources_.stop(connect::Cause::shutdown);
    EXPECT_TRUE(sources_.is_stopped());
    EXPECT_EQ(told(), (Lines{"+b", "a stopped shutdown"}));
    EXPECT_EQ(followed(), "a");
}

TEST_F(SourcesTest, WhatIngestHasNotGotYetIsTheRest) {
    sources_.begin(config({"a", "b"}), streams({"a", "b"}));
    has_room_ = false;
    sources_.change(config({"b"}));
    sources_.stop(connect::Cause::shutdown);
    EXPECT_EQ(sources_.take_rest().size(), 3U);
    EXPECT_TRUE(sources_.take_rest().empty());
}

}  // namespace

}  // namespace tally
