#include "record/texts.hpp"

namespace tally::record {

Texts::Texts(Database& db)
    : db_(db),
      find_(db.prepare("SELECT text_id FROM text WHERE value = ?")),
      insert_(db.prepare("INSERT INTO text(value) VALUES (?)")) {}

std::int64_t Texts::id(std::string_view text) {
    if (text.empty()) {
        return 0;
    }
    const Hash128 hash = hash128(text);
    const auto known = ids_.find(hash);
    if (known != ids_.end()) {
        return known->second;
    }
    constexpr std::size_t remembered_max = 65'536;
    if (ids_.size() >= remembered_max) {
        ids_.clear();
    }
    find_.bind_all(text);
    std::int64_t id = find_.step() ? find_.integer(0) : 0;
    find_.reset();
    if (id == 0) {
        insert_.run(text);
        id = db_.last_id();
    }
    ids_.emplace(hash, id);
    return id;
}

}  // namespace tally::record
