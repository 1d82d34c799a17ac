#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "tally/base/arena.hpp"
#include "tally/base/hash.hpp"
#include "tally/decode/snapshot.hpp"

namespace tally::decode {

/// Of each kind of entry in one body: no cluster has as many, and a body of half a gigabyte that
/// pretends to would otherwise take ten times its size.
inline constexpr std::size_t entries_max = std::size_t{1} << 20;

/// What one body told, with the memory that its views point to. They stay valid when it is moved.
struct SnapshotPart {
    Snapshot told;
    Arena text;
    std::vector<Snapshot::Container> containers;  // of all pod instances, one behind the other
    std::vector<Action> actions;                  // of all steps
    std::vector<Step> steps;                      // of all deployments
    std::vector<std::string_view> affected;
    bool too_many = false;  ///< there were more than entries_max of a kind

    template <class Entry>
    void add(std::vector<Entry>& entries, Entry entry) {
        if (entries.size() == entries_max) {
            too_many = true;
            return;
        }
        entries.push_back(std::move(entry));
    }
};

/// Keeps names that come again and again (hosts, versions, states) once, as far as it remembers
/// them.
class NamePool {
  public:
    explicit NamePool(Arena& text) : text_(text), met_(remembered) {}

    /// `name`, kept in the arena.
    std::string_view keep(std::string_view name) {
        std::string_view& met = met_[hash128(name).low % remembered];
        if (met != name) {
            met = text_.keep(name);
        }
        return met;
    }

  private:
    static constexpr std::size_t remembered = 4096;

    Arena& text_;
    std::vector<std::string_view> met_;
};

}  // namespace tally::decode
