#include "report/layout.hpp"

#include <algorithm>
#include <functional>

#include <boost/unordered/unordered_flat_map.hpp>

#include "report/escape.hpp"
#include "tally/base/assert.hpp"

namespace tally::report {

namespace {

constexpr TimeMs ended_shown_ms = 10 * 60 * 1000;
constexpr std::uint32_t hidden = 0xFFFFFFFF;

/// A view as a key by where it points: the World keeps each label value once, so equal addresses
/// are equal texts, and the few equal texts at several addresses are made one afterwards.
struct Address {
    const char* data;
    std::size_t size;

    friend bool operator==(const Address&, const Address&) = default;
};

struct AddressHash {
    using is_avalanching = void;

    std::size_t operator()(const Address& address) const {
        const auto bits = reinterpret_cast<std::uintptr_t>(address.data) + address.size;
        const std::uint64_t product = bits * 0x9E3779B97F4A7C15ULL;
        return product ^ (product >> 32);
    }
};

std::string escape(std::string_view text) {
    std::string out;
    append_label_value(out, text);
    return out;
}

bool before(const Layout::Series& left, const Layout::Series& right) {
    return left.a != right.a ? left.a < right.a : left.b < right.b;
}

}  // namespace

Layout::Layout(const model::Snapshot& snapshot, TimeMs now, bool show_all) : snapshot_(snapshot) {
    order_apps(now, show_all);
    name_labels();
    order_samples();
}

void Layout::order_apps(TimeMs now, bool show_all) {
    const auto& apps = snapshot_.apps;
    for (std::uint32_t i = 0; i < apps.size(); ++i) {
        const bool left = apps[i].ended && now - apps[i].last_received >= ended_shown_ms;
        if (show_all || !left) {
            apps_.push_back(i);
        }
        escaped_apps_.push_back(escape(apps[i].label));
    }
    std::sort(apps_.begin(), apps_.end(), [&apps](std::uint32_t left, std::uint32_t right) {
        return apps[left].label < apps[right].label;
    });
    slot_of_app_.assign(apps.size(), hidden);
    for (std::uint32_t slot = 0; slot < apps_.size(); ++slot) {
        slot_of_app_[apps_[slot]] = slot;
    }
}

void Layout::name_labels() {
    std::vector<std::string_view> seen;
    boost::unordered_flat_map<Address, Label, AddressHash> addresses;
    const auto number = [&seen, &addresses](std::string_view text) {
        const Address address{text.data(), text.size()};
        const auto [at, added] = addresses.try_emplace(address, static_cast<Label>(seen.size()));
        if (added) {
            seen.push_back(text);
        }
        return at->second;
    };
    places_.reserve(snapshot_.samples.size());
    for (const model::Sample& sample : snapshot_.samples) {
        const Label a = number(sample.a);
        places_.push_back({.a = a, .b = number(sample.b), .bucket = bucket_of(sample)});
    }
    for (const Recipe& recipe : recipes()) {
        for (const LabelPair& pair : recipe.zeros) {
            number(pair.a);
            number(pair.b);
        }
    }
    labels_ = seen;
    std::sort(labels_.begin(), labels_.end());
    labels_.erase(std::unique(labels_.begin(), labels_.end()), labels_.end());
    std::vector<Label> final_of(seen.size());
    std::transform(seen.begin(), seen.end(), final_of.begin(), [this](std::string_view text) {
        return label(text);
    });
    for (Place& place : places_) {
        place.a = final_of[place.a];
        place.b = final_of[place.b];
    }
    escaped_labels_.resize(labels_.size());
    std::transform(labels_.begin(), labels_.end(), escaped_labels_.begin(), escape);
}

// Buckets are (family, slot), where slot 0 is for series without app; the last one is for what is
// not shown.
std::uint32_t Layout::bucket_of(const model::Sample& sample) const {
    if (sample.app == model::no_app) {
        return static_cast<std::uint32_t>(bucket(sample.family, 0));
    }
    TALLY_ASSERT(sample.app < slot_of_app_.size());
    const std::uint32_t slot = slot_of_app_[sample.app];
    return static_cast<std::uint32_t>(
        slot == hidden ? model::family_count * (apps_.size() + 1) : bucket(sample.family, slot + 1)
    );
}

void Layout::order_samples() {
    const std::size_t buckets = model::family_count * (apps_.size() + 1);
    starts_.assign(buckets + 2, 0);
    for (const Place& place : places_) {
        ++starts_[place.bucket + 1];
    }
    for (std::size_t i = 1; i < starts_.size(); ++i) {
        starts_[i] += starts_[i - 1];
    }
    series_.resize(places_.size());
    std::vector<std::uint32_t> next(starts_.begin(), starts_.end() - 1);
    for (std::size_t i = 0; i < places_.size(); ++i) {
        const Place& place = places_[i];
        const std::int64_t value = snapshot_.samples[i].value;
        series_[next[place.bucket]++] = {.a = place.a, .b = place.b, .value = value};
    }
    for (std::size_t i = 0; i < buckets; ++i) {
        const auto from = series_.begin() + starts_[i];
        const auto to = series_.begin() + starts_[i + 1];
        if (!std::is_sorted(from, to, before)) {
            std::sort(from, to, before);
        }
    }
}

std::size_t Layout::bucket(model::Family family, std::size_t slot) const {
    return static_cast<std::size_t>(family) * (apps_.size() + 1) + slot;
}

std::span<const Layout::Series> Layout::series(model::Family family) const {
    const std::size_t at = bucket(family, 0);
    return std::span(series_).subspan(starts_[at], starts_[at + 1] - starts_[at]);
}

std::span<const Layout::Series> Layout::series(model::Family family, std::size_t slot) const {
    const std::size_t at = bucket(family, slot + 1);
    return std::span(series_).subspan(starts_[at], starts_[at + 1] - starts_[at]);
}

Layout::Label Layout::label(std::string_view text) const {
    const auto at = std::lower_bound(labels_.begin(), labels_.end(), text);
    TALLY_ASSERT(at != labels_.end());
    return static_cast<Label>(at - labels_.begin());
}

std::vector<Layout::Series> Layout::labels_of(std::span<const LabelPair> pairs) const {
    std::vector<Series> labels;
    labels.reserve(pairs.size());
    for (const LabelPair& pair : pairs) {
        labels.push_back({.a = label(pair.a), .b = label(pair.b)});
    }
    std::sort(labels.begin(), labels.end(), before);
    return labels;
}

}  // namespace tally::report
