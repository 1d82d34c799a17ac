#include "name_store.hpp"

#include <cstring>

namespace tally::model {

namespace {

/// What a text says of itself: its size, or that its bytes are the number of a large one.
using Size = std::uint16_t;
constexpr Size is_large = 0xFFFF;

std::size_t units_of(std::size_t size, std::size_t unit) {
    return (sizeof(Size) + size + unit - 1) / unit;
}

}  // namespace

NameStore::Handle NameStore::keep(std::string_view text) {
    if (text.size() > small_max) {
        return keep_large(text);
    }
    const Handle handle = room_for(units_of(text.size(), unit));
    const auto size = static_cast<Size>(text.size());
    std::memcpy(at(handle), &size, sizeof size);
    text.copy(at(handle) + sizeof size, text.size());
    return handle;
}

std::string_view NameStore::operator[](Handle handle) const {
    Size size = 0;
    std::memcpy(&size, at(handle), sizeof size);
    if (size != is_large) {
        return {at(handle) + sizeof size, size};
    }
    std::uint32_t number = 0;
    std::memcpy(&number, at(handle) + sizeof size, sizeof number);
    return {large_[number].bytes.get(), large_[number].size};
}

void NameStore::drop(Handle handle) {
    Size size = 0;
    std::memcpy(&size, at(handle), sizeof size);
    if (size == is_large) {
        std::uint32_t number = 0;
        std::memcpy(&number, at(handle) + sizeof size, sizeof number);
        large_[number] = {};
        free_large_.push_back(number);
        size = sizeof number;
    }
    Handle& first = free_[units_of(size, unit)];
    std::memcpy(at(handle), &first, sizeof first);
    first = handle;
}

NameStore::Handle NameStore::room_for(std::size_t units) {
    if (units >= free_.size()) {
        free_.resize(units + 1, none);
    }
    if (Handle& first = free_[units]; first != none) {
        const Handle handle = first;
        std::memcpy(&first, at(handle), sizeof first);
        return handle;
    }
    if (blocks_.empty() || used_ % block_units + units > block_units || used_ % block_units == 0) {
        used_ = blocks_.size() * block_units;
        blocks_.push_back(std::unique_ptr<char[]>(new char[block_units * unit]));
    }
    const auto handle = static_cast<Handle>(used_);
    used_ += units;
    return handle;
}

NameStore::Handle NameStore::keep_large(std::string_view text) {
    auto number = static_cast<std::uint32_t>(large_.size());
    if (free_large_.empty()) {
        large_.emplace_back();
    } else {
        number = free_large_.back();
        free_large_.pop_back();
    }
    large_[number] = {std::unique_ptr<char[]>(new char[text.size()]), text.size()};
    text.copy(large_[number].bytes.get(), text.size());
    const Handle handle = room_for(units_of(sizeof number, unit));
    std::memcpy(at(handle), &is_large, sizeof is_large);
    std::memcpy(at(handle) + sizeof is_large, &number, sizeof number);
    return handle;
}

}  // namespace tally::model
