#include "journal_record.hpp"

#include <cstring>

namespace tally {

namespace {

struct Head {
    std::uint8_t kind;
    std::uint8_t way;
    std::uint16_t unused;
    std::int32_t source;
    std::uint64_t connection;
    std::int64_t wall;
    std::uint64_t bodies;
    std::uint64_t bytes;
};
static_assert(sizeof(Head) == sizeof(JournalRecord::Head));

bool is_whole(const JournalRecord& record) {
    for (const Slab::Body& body : record.bodies) {
        if (body.at > record.bytes.size() || body.size > record.bytes.size() - body.at) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::array<std::string_view, 3> JournalRecord::pieces(Head& head) const {
    const tally::Head fields{.kind = static_cast<std::uint8_t>(kind),
                             .way = static_cast<std::uint8_t>(way),
                             .unused = 0,
                             .source = source,
                             .connection = connection,
                             .wall = wall,
                             .bodies = bodies.size(),
                             .bytes = bytes.size()};
    std::memcpy(head.data(), &fields, sizeof fields);
    return {std::string_view(head.data(), head.size()),
            std::string_view(reinterpret_cast<const char*>(bodies.data()), bodies.size_bytes()), bytes};
}

std::optional<JournalRecord> JournalRecord::parse(std::string_view record, std::vector<Slab::Body>& room) {
    tally::Head head{};
    if (record.size() < sizeof head) {
        return std::nullopt;
    }
    std::memcpy(&head, record.data(), sizeof head);
    record.remove_prefix(sizeof head);
    if (head.bodies > record.size() / sizeof(Slab::Body) ||
        record.size() - head.bodies * sizeof(Slab::Body) != head.bytes || head.kind < 1 || head.kind > 3 ||
        head.way > static_cast<std::uint8_t>(Way::replay)) {
        return std::nullopt;
    }
    room.resize(head.bodies);
    if (!room.empty()) {
        std::memcpy(room.data(), record.data(), head.bodies * sizeof(Slab::Body));
    }
    record.remove_prefix(head.bodies * sizeof(Slab::Body));
    JournalRecord found{.kind = static_cast<Kind>(head.kind),
                        .source = head.source,
                        .way = static_cast<Way>(head.way),
                        .connection = head.connection,
                        .wall = head.wall,
                        .bodies = room,
                        .bytes = record};
    return is_whole(found) ? std::optional(found) : std::nullopt;
}

}  // namespace tally
