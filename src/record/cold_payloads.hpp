#pragma once

#include <string>
#include <vector>

#include "record/database.hpp"
#include "record/told_identities.hpp"
#include "tally/record/payload_packer.hpp"

namespace tally::record {

/// Moves what has become old from table payload to payload_block, a slice at a time, the oldest first.
class ColdPayloads {
  public:
    explicit ColdPayloads(Database& db);

    /// Makes a block of the oldest payloads if a whole block of them (PayloadPacker::block_bytes; less in front of another
    /// block) was received before that time: some 20 ms, inside a transaction of the caller. How many events it took; 0:
    /// there is nothing to do yet. Throws SqliteError.
    [[nodiscard]] std::uint64_t pack(TimeMs received_before);

  private:
    struct Span {
        model::Seq first = 0, last = 0;
    };
    [[nodiscard]] Span find_span(TimeMs received_before);
    void read(const Span& span);
    void write(const Span& span);

    Statement oldest_, block_behind_, ages_, select_, delete_, insert_block_;
    ToldIdentities identities_;
    PayloadPacker packer_;
    model::Facts facts_;
    std::vector<ToldIdentities::Told> told_;
};

}  // namespace tally::record
