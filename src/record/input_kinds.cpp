#include "record/input_kinds.hpp"

#include <cstring>

#include "tally/base/hash.hpp"

namespace tally::record {

namespace {

/// What tells kinds apart, as bytes: numbers and lengths before text, since text may hold any byte.
void make_key(const InputKind& kind, std::string& key) {
    const std::uint32_t numbers[] = {
        static_cast<std::uint32_t>(kind.source),
        (kind.received ? 1U : 0U) | static_cast<std::uint32_t>(kind.fact) << 1U,
        static_cast<std::uint32_t>(kind.event_type.size()),
        static_cast<std::uint32_t>(kind.from.size()),
    };
    key.assign(reinterpret_cast<const char*>(numbers), sizeof numbers);
    key += kind.event_type;
    key += kind.from;
    key += kind.to;
}

}  // namespace

std::size_t InputKinds::Hash::operator()(std::string_view key) const { return hash128(key).low; }

InputKinds::InputKinds(Database& db)
    : db_(db),
      find_(db.prepare(
          "SELECT kind_id FROM kind WHERE source_id = ? AND event_type IS ? AND received = ? AND fact = ?"
          " AND from_name IS ? AND to_name IS ?"
      )),
      insert_(db.prepare(
          "INSERT INTO kind(source_id, event_type, received, fact, from_name, to_name) VALUES (?,?,?,?,?,?)"
      )) {}

std::int64_t InputKinds::id(const InputKind& kind) {
    make_key(kind, key_);
    const auto known = ids_.find(std::string_view(key_));
    if (known != ids_.end()) {
        return known->second;
    }
    constexpr std::size_t remembered_max = 65'536;
    constexpr std::size_t remembered_bytes_max = 4096;
    if (ids_.size() >= remembered_max) {
        ids_.clear();
    }
    const std::int64_t id = find(kind);
    if (key_.size() <= remembered_bytes_max) {
        ids_.emplace(key_, id);
    }
    return id;
}

std::int64_t InputKinds::find(const InputKind& kind) {
    const auto values = [&kind](auto&& call) {
        call(kind.source, Text{kind.event_type}, kind.received, static_cast<int>(kind.fact), Text{kind.from},
             Text{kind.to});
    };
    values([this](const auto&... all) { find_.bind_all(all...); });
    const std::int64_t id = find_.step() ? find_.integer(0) : 0;
    find_.reset();
    if (id != 0) {
        return id;
    }
    values([this](const auto&... all) { insert_.run(all...); });
    return db_.last_id();
}

}  // namespace tally::record
