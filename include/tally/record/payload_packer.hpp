#pragma once

#include <cstddef>
#include <memory>

#include "tally/model/facts.hpp"

namespace tally::record {

/// Packs the payloads of a batch into blocks (table payload_block): a twentieth of the bytes,
/// and no row carries them.
/// What reads them again are query, verify and our own connections; plain SQLite tools show NULL.
/// Thread: one at a time, not that of the History.
class PayloadPacker {
  public:
    PayloadPacker();
    ~PayloadPacker();
    PayloadPacker(const PayloadPacker&) = delete;
    PayloadPacker& operator=(const PayloadPacker&) = delete;

    /// Moves the payloads of `facts` into blocks if there are enough of them to be worth it: a small batch, as
    /// the end of a replay or the whole of a small one, stays readable for every tool. No event of another batch
    /// may have a seq between those of this one.
    void pack(model::Facts& facts);
    /// The same, however few they are.
    void pack_all(model::Facts& facts);

    /// Of the payloads of a block, before they are shortened, but for the last of them: more packs little better, and is
    /// unpacked in a third of a millisecond (bench/README.md).
    static constexpr std::size_t block_bytes = std::size_t{1} << 20;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::record
