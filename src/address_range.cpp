#include "address_range.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <optional>
#include <string>

#include <fmt/format.h>

namespace tally {

namespace {

constexpr unsigned v4_bits = 32, v6_bits = 128, mapped_bits = 96, byte_bits = 8;
constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

std::optional<unsigned> parse_bits(std::string_view text, unsigned most) {
    unsigned bits = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, bits);
    return error == std::errc{} && stopped == end && bits <= most ? std::optional(bits) : std::nullopt;
}

}  // namespace

Result<AddressRange> AddressRange::parse(std::string_view text) {
    const auto fault = [text] {
        return Error{fmt::format("'{}' is not an address or a range such as 10.0.0.0/8 or 2001:db8::/32", text)};
    };
    const std::size_t slash = text.find('/');
    const std::string_view front = text.substr(0, slash);
    const bool written_as_v6 = front.find(':') != std::string_view::npos;
    const auto address = parse_address(front);
    if (!address) {
        return fault();
    }
    const unsigned most = written_as_v6 ? v6_bits : v4_bits;
    const auto bits = slash == std::string_view::npos ? most : parse_bits(text.substr(slash + 1), most);
    const bool mapped = written_as_v6 && address->family == Family::v4;
    if (!bits || (mapped && *bits < mapped_bits)) {
        return fault();
    }
    AddressRange range;
    range.prefix_bits_ = mapped ? *bits - mapped_bits : *bits;
    range.first_ = cut(*address, range.prefix_bits_);
    return range;
}

bool AddressRange::contains(std::string_view address) const {
    const auto parsed = parse_address(address.substr(0, address.find('%')));
    return parsed && cut(*parsed, prefix_bits_) == first_;
}

Result<AddressRange::Address> AddressRange::parse_address(std::string_view text) {
    const std::string copy(text);  // inet_pton wants its NUL; one inside ends no address
    Address address;
    if (copy.find('\0') != std::string::npos) {
        return Error{"not an address"};
    }
    if (inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) {
        return address;
    }
    if (inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) != 1) {
        return Error{"not an address"};
    }
    address.family = Family::v6;
    if (std::equal(mapped_prefix.begin(), mapped_prefix.end(), address.bytes.begin())) {
        Address inner;
        std::copy(address.bytes.begin() + mapped_prefix.size(), address.bytes.end(), inner.bytes.begin());
        return inner;
    }
    return address;
}

AddressRange::Address AddressRange::cut(Address address, unsigned prefix_bits) {
    for (unsigned i = 0; i < address.bytes.size(); ++i) {
        const unsigned kept = std::min(prefix_bits - std::min(prefix_bits, i * byte_bits), byte_bits);
        address.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & (0xFF00U >> kept));
    }
    return address;
}

}  // namespace tally
