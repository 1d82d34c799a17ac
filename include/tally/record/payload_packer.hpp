#pragma once

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

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::record
