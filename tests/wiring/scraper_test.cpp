#include "scraper.hpp"

#include <atomic>
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "tally/model/world.hpp"

namespace tally {

namespace {

constexpr std::string_view states[]{"TASK_STAGING", "TASK_RUNNING", "TASK_FINISHED", "TASK_FAILED"};

/// The number of the first line that begins so; -1: there is none.
std::int64_t number_of(const std::string& text, const std::string& start) {
    const std::size_t at = text.find("\n" + start + " ");
    return at == std::string::npos ? -1 : std::stoll(text.substr(at + start.size() + 2));
}

class ScraperTest : public ::testing::Test {
  protected:
    ScraperTest() {
        world_.restore({.app = 1, .source = 1, .name = "/a", .born = true});
    }

    /// A scraper whose ingest thread is whoever calls answer_all().
    Scraper::Ask asked_later() {
        return [this](model::KnownSeries known, Scraper::Taken taken) {
            BoundedQueue<Asked>& queue = asked_;
            Asked asked{std::move(known), std::move(taken)};
            return queue.try_push(asked);
        };
    }

    std::future<serve::Response> scrape(Scraper& scraper) {
        auto answer = std::make_shared<std::promise<serve::Response>>();
        auto future = answer->get_future();
        scraper.scrape({.responder = serve::Responder([answer](serve::Response response) {
                            answer->set_value(std::move(response));
                        })});
        return future;
    }

    struct Asked {
        model::KnownSeries known;
        Scraper::Taken taken;
    };

    void answer(const Asked& asked) {
        const auto known = asked.known.find("s");
        IngestThread::Numbers numbers;
        numbers.sources.push_back(world_.snapshot(known == asked.known.end() ? 0 : known->second));
        asked.taken(std::move(numbers));
    }

    model::AppId next_app_ = 1;
    model::World world_{1, "s", {}, next_app_};
    BoundedQueue<Asked> asked_{16};
};

TEST_F(ScraperTest, AnswersWithTheNumbersOfTheIngestThread) {
    Scraper scraper(asked_later(), {});
    world_.duplicate("replay");
    auto response = scrape(scraper);
    answer(*asked_.pop());
    const serve::Response got = response.get();
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.content_type, "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_EQ(number_of(got.body, R"(marathon_events_duplicate_total{source="s",path="replay"})"), 1);
    EXPECT_EQ(number_of(got.body, R"(marathon_tally_events_shed_total{source="s",reason="disk"})"), 0);
}

TEST_F(ScraperTest, AsksForTheLabelsOfNewSeriesOnly) {
    Scraper scraper(asked_later(), {});
    world_.duplicate("replay");
    auto first = scrape(scraper);
    auto asked = asked_.pop();
    EXPECT_TRUE(asked->known.empty());
    answer(*asked);
    (void)first.get();
    auto second = scrape(scraper);
    asked = asked_.pop();
    EXPECT_EQ(asked->known, (model::KnownSeries{{"s", 1}}));
    answer(*asked);
    EXPECT_EQ(number_of(second.get().body, R"(marathon_events_duplicate_total{source="s",path="replay"})"), 1);
}

TEST_F(ScraperTest, IsTooBusyWhenTheIngestThreadIs) {
    Scraper scraper([](const model::KnownSeries&, const Scraper::Taken&) { return false; }, {});
    EXPECT_EQ(scrape(scraper).get().status, 503);
}

TEST_F(ScraperTest, ARequestWhoseNumbersNeverComeIsAnsweredAllTheSame) {
    Scraper scraper(asked_later(), {});
    auto response = scrape(scraper);
    asked_.pop().reset();
    scraper.join();
    EXPECT_EQ(response.get().status, 503);
}

TEST_F(ScraperTest, EveryScrapeUnderLoadSeesOneMoment) {
    Scraper scraper(asked_later(), {});
    std::atomic<bool> done = false;
    std::thread ingest([this, &done] {
        std::uint32_t cell = 3;  // behind the paths
        for (const std::string_view path : {"replay", "stream", "callback"}) {
            world_.duplicate(path);
        }
        while (!done) {
            world_.duplicate("replay");
            world_.duplicate("stream");
            if (cell < 3 + std::size(states)) {
                world_.restore(model::CellRow{.source = 1,
                                              .cell = cell,
                                              .born = true,
                                              .family = "tasks",
                                              .app = 1,
                                              .a = states[cell - 3],
                                              .value = cell});
                ++cell;
            }
            if (auto asked = asked_.pop_until(std::chrono::steady_clock::now())) {
                answer(*asked);
            }
        }
    });
    std::int64_t last = 0;
    std::string body;
    for (int round = 0; round < 50; ++round) {
        std::vector<std::future<serve::Response>> responses;
        for (int i = 0; i < 4; ++i) {
            responses.push_back(scrape(scraper));
        }
        for (auto& response : responses) {
            body = response.get().body;
            const auto now = number_of(body, R"(marathon_events_duplicate_total{source="s",path="replay"})");
            EXPECT_EQ(number_of(body, R"(marathon_events_duplicate_total{source="s",path="stream"})"), now);
            EXPECT_GE(now, last);
            last = now;
        }
    }
    EXPECT_EQ(number_of(body, R"(marathon_tasks{source="s",app="/a",state="TASK_FAILED"})"), 6);
    done = true;
    ingest.join();
}

}  // namespace

}  // namespace tally
