#include "record/input_kinds.hpp"

#include <cstring>

#include "tally/base/hash.hpp"

namespace tally::record {

namespace {

/// What tells kinds apart, as bytes: numbers and lengths before text, since text may hold any byte.
using Numbers = std::array<std::uint32_t, 4>;

Numbers numbers_of(const InputKind& kind) {
    return {
        static_cast<std::uint32_t>(kind.source),
        (kind.received ? 1U : 0U) | static_cast<std::uint32_t>(kind.fact) << 1U,
        static_cast<std::uint32_t>(kind.event_type.size()),
        static_cast<std::uint32_t>(kind.from.size()),
    };
}

void make_key(const InputKind& kind, std::string& key) {
    const Numbers numbers = numbers_of(kind);
    key.assign(reinterpret_cast<const char*>(numbers.data()), sizeof numbers);
    key += kind.event_type;
    key += kind.from;
    key += kind.to;
}

bool is_key_of(std::string_view key, const InputKind& kind) {
    const Numbers numbers = numbers_of(kind);
    const std::size_t size = sizeof numbers + kind.event_type.size() + kind.from.size() + kind.to.size();
    if (key.size() != size || std::memcmp(key.data(), numbers.data(), sizeof numbers) != 0) {
        return false;
    }
    key.remove_prefix(sizeof numbers);
    return key.starts_with(kind.event_type) && key.ends_with(kind.to) &&
           key.substr(kind.event_type.size(), kind.from.size()) == kind.from;
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
    Near& near_by = near(kind);
    if (is_key_of(near_by.key, kind)) {
        return near_by.id;
    }
    make_key(kind, key_);
    const auto known = ids_.find(std::string_view(key_));
    if (known != ids_.end()) {
        near_by = {known->first, known->second};
        return known->second;
    }
    constexpr std::size_t remembered_max = 65'536;
    constexpr std::size_t remembered_bytes_max = 4096;
    if (ids_.size() >= remembered_max) {
        forget();
    }
    const std::int64_t id = find(kind);
    if (key_.size() <= remembered_bytes_max) {
        ids_.emplace(key_, id);
    }
    return id;
}

InputKinds::Near& InputKinds::near(const InputKind& kind) {
    constexpr std::uintptr_t odd = 0x9E3779B97F4A7C15;
    const auto place = [](std::string_view text) { return reinterpret_cast<std::uintptr_t>(text.data()); };
    const std::uintptr_t mixed =
        (place(kind.event_type) * 3 + place(kind.from) * 5 + place(kind.to) * 7 + static_cast<std::uintptr_t>(kind.fact)) * odd;
    return near_[mixed >> 56];
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
