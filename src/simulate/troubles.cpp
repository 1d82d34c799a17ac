#include "simulate/troubles.hpp"

#include <algorithm>

namespace tally::simulate {

void Troubles::put(const Trouble& trouble, Time now) {
    InForce added{.trouble = trouble, .order = ++orders_, .end = std::nullopt};
    if (trouble.length) {
        added.end = now + *trouble.length;
    }
    slot(trouble.kind) = std::move(added);
}

void Troubles::clear() {
    all_ = {};
}

bool Troubles::expire(Time now) {
    bool some = false;
    for (std::optional<InForce>& one : all_) {
        if (one && one->end && *one->end <= now) {
            one.reset();
            some = true;
        }
    }
    return some;
}

std::optional<Troubles::Time> Troubles::next_end() const {
    std::optional<Time> next;
    for (const std::optional<InForce>& one : all_) {
        if (one && one->end && (!next || *one->end < *next)) {
            next = one->end;
        }
    }
    return next;
}

const Trouble* Troubles::find(TroubleKind kind) const {
    const std::optional<InForce>& one = all_[static_cast<std::size_t>(kind)];
    return one ? &one->trouble : nullptr;
}

std::optional<Trouble> Troubles::use(TroubleKind kind) {
    std::optional<InForce>& one = slot(kind);
    if (!one) {
        return std::nullopt;
    }
    Trouble used = one->trouble;
    if (one->trouble.count && --*one->trouble.count == 0) {
        one.reset();
    }
    return used;
}

const Trouble* Troubles::touching(TroubleKind kind, std::uint64_t born) const {
    const std::optional<InForce>& one = all_[static_cast<std::size_t>(kind)];
    if (!one) {
        return nullptr;
    }
    const bool was_open = born < one->order;
    const Trouble::Which which = one->trouble.which;
    const bool meant = which == Trouble::Which::all || (which == Trouble::Which::open) == was_open;
    return meant ? &one->trouble : nullptr;
}

std::vector<std::string_view> Troubles::in_force() const {
    std::vector<std::string_view> texts;
    for (const std::optional<InForce>& one : all_) {
        if (one) {
            texts.emplace_back(one->trouble.text);
        }
    }
    return texts;
}

}  // namespace tally::simulate
