#include "short_names.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace tally::model {

namespace {

// The first byte of a shortened name says which form it has.
constexpr char whole = 0;
constexpr char with_uuid = 1;                       // uuid, then what is before it
constexpr std::array<char, 2> of_app{2, 3};         // app, uuid: by prefix
constexpr std::array<std::string_view, 2> prefixes{".instance-", ".marathon-"};
constexpr char added = 4;                           // behind the instance
constexpr char legacy = 5;                          // the instance without its `marathon-`

constexpr std::size_t uuid_size = 36;
constexpr std::size_t uuid_bytes = 16;

bool is_dash(std::size_t at) {
    return at == 8 || at == 13 || at == 18 || at == 23;
}

/// The value of a hex digit as Marathon writes it, or 0xFF.
constexpr std::array<std::uint8_t, 256> digit_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(0xFF);
    for (std::uint8_t digit = 0; digit < 16; ++digit) {
        values[static_cast<std::size_t>("0123456789abcdef"[digit])] = digit;
    }
    return values;
}();

/// The bytes of a UUID in its one form; whether it is one.
bool pack(std::string_view uuid, std::array<char, uuid_bytes>& bytes) {
    constexpr std::array<std::uint8_t, uuid_bytes> places{
        0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
    unsigned bad = 0;
    for (std::size_t i = 0; i < uuid_bytes; ++i) {
        const unsigned high = digit_values[static_cast<unsigned char>(uuid[places[i]])];
        const unsigned low = digit_values[static_cast<unsigned char>(uuid[places[i] + 1U])];
        bad |= high | low;
        bytes[i] = static_cast<char>((high << 4 | low) & 0xFF);
    }
    return bad < 16 && uuid[8] == '-' && uuid[13] == '-' && uuid[18] == '-' && uuid[23] == '-';
}

void unpack(std::string_view bytes, std::string& to) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char c : bytes) {
        const unsigned byte = static_cast<unsigned char>(c);
        for (const unsigned digit : {byte >> 4, byte & 0xF}) {
            to += is_dash(to.size()) ? "-" : "";
            to += digits[digit];
        }
    }
}

/// "/a/b" and "a_b" are the same app.
bool is_safe(std::string_view safe, std::string_view app) {
    return app.size() == safe.size() + 1 && app[0] == '/' &&
           std::equal(safe.begin(), safe.end(), app.begin() + 1, [](char a, char b) {
               return b == '/' ? a == '_' : a == b;
           });
}

std::string safe_of(std::string_view app) {
    std::string safe(app.substr(1));
    std::replace(safe.begin(), safe.end(), '/', '_');
    return safe;
}

}  // namespace

void shorten_instance(std::string_view name, const Apps& apps, Apps::Index app, std::string& to) {
    to.clear();
    std::array<char, uuid_bytes> uuid;
    if (name.size() < uuid_size || !pack(name.substr(name.size() - uuid_size), uuid)) {
        to += whole;
        to += name;
        return;
    }
    const std::string_view before = name.substr(0, name.size() - uuid_size);
    for (std::size_t i = 0; i < prefixes.size(); ++i) {
        if (before.ends_with(prefixes[i]) &&
            is_safe(before.substr(0, before.size() - prefixes[i].size()), apps[app].name)) {
            to += of_app[i];
            to.append(reinterpret_cast<const char*>(&app), sizeof app);
            to.append(uuid.data(), uuid.size());
            return;
        }
    }
    to += with_uuid;
    to.append(uuid.data(), uuid.size());
    to += before;
}

std::string lengthen_instance(std::string_view shortened, const Apps& apps) {
    const char form = shortened[0];
    shortened.remove_prefix(1);
    if (form == whole) {
        return std::string(shortened);
    }
    std::string uuid;
    if (form == with_uuid) {
        unpack(shortened.substr(0, uuid_bytes), uuid);
        return std::string(shortened.substr(uuid_bytes)) + uuid;
    }
    Apps::Index app = 0;
    std::memcpy(&app, shortened.data(), sizeof app);
    unpack(shortened.substr(sizeof app), uuid);
    std::string name = safe_of(apps[app].name);
    name += prefixes[form == of_app[1] ? 1 : 0];
    return name + uuid;
}

void shorten_task(std::string_view name, std::string_view instance, std::string& to) {
    to.clear();
    if (name.starts_with(instance)) {
        to += added;
        to += name.substr(instance.size());
    } else if (lengthen_task({&legacy, 1}, instance) == name) {
        to += legacy;
    } else {
        to += whole;
        to += name;
    }
}

std::string lengthen_task(std::string_view shortened, std::string_view instance) {
    const std::string_view rest = shortened.substr(1);
    if (shortened[0] == added) {
        return std::string(instance).append(rest);
    }
    if (shortened[0] == whole) {
        return std::string(rest);
    }
    constexpr std::string_view prefix = ".marathon-";
    const std::size_t at = instance.rfind(prefix);
    std::string task(instance.substr(0, at));
    return at == std::string_view::npos
               ? task
               : task.append(".").append(instance.substr(at + prefix.size()));
}

}  // namespace tally::model
