#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "support/scratch.hpp"
#include "tally/model/world.hpp"
#include "tally/record/history.hpp"
#include "tally/record/query.hpp"

namespace tally::record {

using model::AppId;
using model::Batch;
using model::Seq;
using model::SourceId;
using model::World;

/// A history, one source in it, and a World whose batches are written by hand.
class HistoryStory : public testing::Test {
  protected:
    void open() {
        history_ = std::make_unique<History>(path_);
        next_app_ = history_->next_app();
        next_seq_ = history_->last_seq() + 1;
        source_ = history_->source("s");
        world_ = std::make_unique<World>(source_, "s", World::Options{.ended_max = ended_max_}, next_app_);
        history_->restore(*world_);
        batch_ = std::make_unique<Batch>();
        batch_->source = source_;
    }

    void close() {
        world_.reset();
        history_.reset();
    }

    void status(std::string_view task, std::string_view state, TimeMs time, std::string_view host = "h") {
        decode::Event event;
        event.type = decode::EventType::status_update_event;
        event.type_name = "status_update_event";
        event.app = "/a";
        event.task = task;
        event.entity = task;
        event.state = state;
        event.host = host;
        world_->apply(event, {.seq = next_seq_++, .stamp = {.time = time, .received = time}, .body = "{}"}, *batch_);
    }

    void commit() {
        world_->finish(*batch_);
        ASSERT_TRUE(history_->write({batch_.get()}));
        batch_->clear();
        batch_->source = source_;
    }

    std::string ask(const std::string& sql) {
        const auto table = query(path_, sql, {}, {});
        if (!table) {
            return table.error().what;
        }
        std::string text;
        for (const auto& row : table->rows) {
            for (const Value& value : row) {
                const auto* whole = std::get_if<std::int64_t>(&value);
                const auto* string = std::get_if<std::string>(&value);
                const auto* number = std::get_if<double>(&value);
                text += whole    ? std::to_string(*whole)
                        : string ? *string
                        : number ? std::to_string(*number)
                                 : "NULL";
                text += ' ';
            }
            text += '\n';
        }
        return text;
    }

    test::Scratch scratch_;
    std::string path_ = scratch_.file("t.db");
    std::size_t ended_max_ = 1000;
    std::unique_ptr<History> history_;
    AppId next_app_ = 1;
    Seq next_seq_ = 1;
    SourceId source_ = 0;
    std::unique_ptr<World> world_;
    std::unique_ptr<Batch> batch_;
};

}  // namespace tally::record
