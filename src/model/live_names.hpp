#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "tally/model/facts.hpp"

namespace tally::model {

/// The names of what lives, by slot: a KeyedPool knows only their hashes. Who walks over them walks over
/// the current set. A name costs its length and about 30 bytes, a slot without one 8 bytes.
class LiveNames {
  public:
    [[nodiscard]] bool has(Slot slot) const { return slot < names_.size() && names_[slot] != nullptr; }

    /// Empty when there is none; lives until drop().
    [[nodiscard]] std::string_view operator[](Slot slot) const {
        if (!has(slot)) {
            return {};
        }
        std::uint32_t size = 0;
        std::memcpy(&size, names_[slot].get(), sizeof size);
        return {names_[slot].get() + sizeof size, size};
    }

    void keep(Slot slot, std::string_view name) {
        if (slot >= names_.size()) {
            names_.resize(std::size_t{slot} + 1);
        }
        const auto size = static_cast<std::uint32_t>(name.size());
        names_[slot] = std::unique_ptr<char[]>(new char[sizeof size + size]);
        std::memcpy(names_[slot].get(), &size, sizeof size);
        name.copy(names_[slot].get() + sizeof size, size);
    }

    void drop(Slot slot) {
        if (slot < names_.size()) {
            names_[slot].reset();
        }
    }

    /// Greater than every slot that has a name.
    [[nodiscard]] Slot end() const { return static_cast<Slot>(names_.size()); }

    /// Calls visit(slot) for each that lives, in the order of slots.
    template <class Visit>
    void each(Visit&& visit) const {
        for (Slot slot = 0; slot < end(); ++slot) {
            if (names_[slot] != nullptr) {
                visit(slot);
            }
        }
    }

  private:
    std::vector<std::unique_ptr<char[]>> names_;
};

}  // namespace tally::model
