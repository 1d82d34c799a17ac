#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "history_writer.hpp"
#include "tally/decode/decoder.hpp"
#include "tally/model/world.hpp"
#include "tally/record/history.hpp"
#include "tally/record/identity.hpp"
#include "way.hpp"

namespace tally {

/// One body as it came in.
struct Input {
    model::SourceId source = 0;
    std::uint64_t connection = 0;  ///< or reading of a file: what comes twice by one is no duplicate
    std::uint64_t recording = 0;   ///< of a replay: the file, whenever it is read
    Way way = Way::replay;
    TimeMs wall = 0;              ///< clock at its arrival
    std::string_view body;        ///< body_padding readable bytes behind it
    std::uint64_t body_bytes = 0;  ///< its true length, more than body.size() when it was too large
    bool too_large = false;
};

/// The way of every input, live or replayed: decode, identity, fold, batch. Owns the Worlds.
///
/// Batches of all sources are committed together. Thread: one at a time.
class Ingest {
  public:
    struct Options {
        model::World::Options world;
        bool keep_payload = true;
        /// When it is time to commit. What changes often is written less often the later that is: a replay waits
        /// for 5,000,000 inputs (history.replay_commit_inputs), and hands over the facts alone meanwhile.
        std::uint64_t commit_inputs_max = 10'000;
        /// When it is time to hand over facts: few enough that they are still in the cache when they are written.
        std::uint64_t facts_inputs_max = 4096;
        std::size_t facts_bytes_max = std::size_t{4} << 20;
        /// Of both, facts and rows of state: then it is time to commit, too.
        std::size_t batch_bytes_max = std::size_t{8} << 20;
    };

    Ingest(record::History& history, record::Identity& identity, HistoryWriter& writer, Options options);

    /// Makes the source's World and puts it back to its last commit.
    model::SourceId add_source(const std::string& name);

    /// Folds one body. White space only is no input. Why it is no event, also when it is not the first like it.
    std::optional<decode::RejectReason> take(const Input& input);

    /// The same, a little later: the input is decoded, and what it is about asked for from memory; it is folded after a few
    /// more, in order, or with take_rest(). Until then the body must live, and nothing else be taken.
    void take_soon(const Input& input);
    void take_rest();

    /// Folds what the daemon itself has to say; `code` is what record::encode makes of it.
    void mark(model::SourceId source, const model::Mark& mark, std::string_view code);

    /// Why a body is no event, without folding it.
    [[nodiscard]] std::optional<decode::RejectReason> judge(std::string_view body);

    /// Where the next commit leaves the source in the journal (model::Batch::journal).
    void at(model::SourceId source, const record::History::JournalPlace& place);

    /// The World of a source that was added.
    [[nodiscard]] const model::World& world(model::SourceId source) const { return *sources_.at(source).world; }

    /// Whether there is something to commit, and whether it is time.
    [[nodiscard]] bool has_work() const { return inputs_ != 0; }
    [[nodiscard]] bool is_full() const;
    /// Whether facts should be handed over before the next commit.
    [[nodiscard]] bool has_many_facts() const;

    /// Hands all that was folded to the history thread; waits while that is busy. False: it gave up.
    bool commit(std::function<void()> done = {});
    /// Hands over what happened so far; what is so follows with the next commit, and until then nothing of both is
    /// in the file. Waits while the history thread is busy. False: it gave up.
    bool hand_over_facts();
    /// commit() without waiting; false: not handed over, go on and try later.
    bool try_commit(std::function<void()> done = {});

    /// Of all sources, or of those whose names are `only`.
    /// Of series that are `known` there are the values only.
    [[nodiscard]] std::vector<model::Snapshot> snapshots(
        const model::KnownSeries& known = {}, const std::set<std::string>* only = nullptr
    ) const;
    /// Of the duplicates so far those that were no events when they first came.
    [[nodiscard]] std::int64_t rejected_before() const { return rejected_before_; }

  private:
    struct Source {
        std::unique_ptr<model::World> world;
        std::unique_ptr<model::Batch> batch;
    };

    /// An input on its way.
    struct Decoded {
        Decoded(Ingest& ingest, const Input& from);

        Input input;
        std::string_view body;
        boost::system::result<decode::Event, decode::DecodeError> event;
        Hash128 hash;
    };

    [[nodiscard]] boost::system::result<decode::Event, decode::DecodeError> decode(
        const Input& input, std::string_view body
    );
    std::optional<decode::RejectReason> fold(const Decoded& decoded);
    void reject(Source& source, const Input& input, const decode::DecodeError& error);
    [[nodiscard]] Commit make_commit();
    void see_committed();

    record::History& history_;
    record::Identity& identity_;
    HistoryWriter& writer_;
    Options options_;
    model::AppId next_app_;
    model::Seq next_seq_;
    decode::Decoder decoder_;
    std::array<std::optional<Decoded>, model::World::expected_ahead + 1> soon_;  ///< a ring: from `folded_` to `decoded_`
    std::size_t folded_ = 0;
    std::size_t decoded_ = 0;
    std::map<model::SourceId, Source> sources_;
    std::uint64_t inputs_ = 0;        ///< since the last commit
    std::int64_t rejected_before_ = 0;
    std::uint64_t restorations_ = 0;  ///< of the database file, that Identity knows of
    std::uint64_t facts_inputs_ = 0;  ///< since facts were handed over last
};

}  // namespace tally
