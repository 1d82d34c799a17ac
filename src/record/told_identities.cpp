#include "record/told_identities.hpp"

#include <algorithm>
#include <string>
#include <tuple>

#include <boost/unordered/unordered_flat_map.hpp>

#include "record/stored_identities.hpp"

namespace tally::record {

namespace {

/// Of a bucket in a slice. Also bounds what a slice can touch: a bucket has up to 1 MiB of hashes.
constexpr std::ptrdiff_t worth_bodies = 64;

}  // namespace

ToldIdentities::ToldIdentities(Database& db)
    : select_(db.prepare("SELECT connection, hashes FROM identity WHERE source_id = ? AND bucket = ? AND hashes IS NOT NULL"
                         " ORDER BY identity_id")),
      delete_(db.prepare("DELETE FROM identity WHERE source_id = ? AND bucket = ? AND hashes IS NOT NULL")),
      insert_(db.prepare(
          "INSERT INTO identity(source_id, bucket, connection, hashes, first_seq, last_seq) VALUES (?,?,?,?,?,?)"
      )) {}

void ToldIdentities::write(Slice& told) {
    const auto bucket_of = [](const Told& one) { return std::tuple(one.source, one.bucket); };
    std::stable_sort(told.begin(), told.end(), [&](const Told& a, const Told& b) { return bucket_of(a) < bucket_of(b); });
    for (auto begin = told.cbegin(); begin != told.cend();) {
        const auto end = std::find_if(begin, told.cend(), [&](const Told& one) { return bucket_of(one) != bucket_of(*begin); });
        if (end - begin >= worth_bodies) {
            write_bucket(begin, end);
        }
        begin = end;
    }
}

/// The rows of hashes are written anew, behind those of the events: what comes later stays later.
void ToldIdentities::write_bucket(Slice::const_iterator begin, Slice::const_iterator end) {
    read_stored(begin->source, begin->bucket);
    if (find_runs(begin, end) < static_cast<std::size_t>(worth_bodies)) {
        return;  // those of a part of a full bucket
    }
    delete_.run(begin->source, begin->bucket);
    for (const Run& run : runs_) {
        insert_.run(begin->source, begin->bucket, run.connection, Text{{}}, run.first, run.last);
    }
    write_rest(begin->source, begin->bucket);
}

void ToldIdentities::read_stored(model::SourceId source, std::int64_t bucket) {
    stored_.clear();
    select_.bind_all(source, bucket);
    while (select_.step()) {
        const auto connection = static_cast<std::uint64_t>(select_.integer(0));
        each_hash(select_.blob(1), [&](const Hash128& hash) { stored_.push_back({.connection = connection, .hash = hash}); });
    }
    select_.reset();
}

/// Gives each event the first stored hash that is its own, so that equal bodies keep their order; events in a row of one
/// connection are a run, which no other event of the bucket interrupts. How many have one.
std::size_t ToldIdentities::find_runs(Slice::const_iterator begin, Slice::const_iterator end) {
    boost::unordered_flat_map<Hash128, std::size_t, Hash128Hasher> first;
    const std::size_t none = stored_.size();
    for (std::size_t i = none; i-- > 0;) {
        const auto [equal, is_last] = first.try_emplace(stored_[i].hash, i);
        stored_[i].next_equal = is_last ? none : std::exchange(equal->second, i);
    }
    runs_.clear();
    std::size_t found = 0;
    bool goes_on = false;
    for (auto event = begin; event != end; ++event) {
        const auto equal = first.find(event->hash);
        if (equal == first.end() || equal->second == none) {
            goes_on = false;
            continue;
        }
        Stored& one = stored_[equal->second];
        equal->second = one.next_equal;
        one.told = true;
        ++found;
        if (!goes_on || runs_.back().connection != one.connection) {
            runs_.push_back({.connection = one.connection, .first = event->seq, .last = event->seq});
        }
        runs_.back().last = event->seq;
        goes_on = true;
    }
    return found;
}

void ToldIdentities::write_rest(model::SourceId source, std::int64_t bucket) {
    std::string hashes;
    std::uint64_t connection = 0;
    const auto write = [&] {
        if (!hashes.empty()) {
            insert_.run(source, bucket, connection, Blob{hashes}, Id{0}, Id{0});
            hashes.clear();
        }
    };
    for (const Stored& one : stored_) {
        if (one.told) {
            continue;
        }
        if (one.connection != connection) {
            write();
            connection = one.connection;
        }
        hashes.append(reinterpret_cast<const char*>(&one.hash), sizeof(Hash128));
    }
    write();
}

}  // namespace tally::record
