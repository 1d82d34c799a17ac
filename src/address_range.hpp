#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "tally/base/result.hpp"

namespace tally {

/// A range of IP addresses, written `10.0.0.0/8`, `2001:db8::/32`, or as one address. Bits behind the prefix mean
/// nothing: `10.1.2.3/8` is `10.0.0.0/8`. An IPv4 address written within IPv6 (`::ffff:10.0.0.1`, as a peer of a
/// socket for both) is the IPv4 address, so `::/0` holds all of IPv6 and nothing of IPv4. Pure.
class AddressRange {
  public:
    [[nodiscard]] static Result<AddressRange> parse(std::string_view text);

    /// `address` as a socket names its peer, with or without `%zone`. False also for what is no address.
    [[nodiscard]] bool contains(std::string_view address) const;

    friend bool operator==(const AddressRange&, const AddressRange&) = default;

  private:
    enum class Family : std::uint8_t { v4, v6 };

    /// The bytes from the front: 4 of them for IPv4, the rest 0.
    struct Address {
        Family family = Family::v4;
        std::array<std::uint8_t, 16> bytes{};
        friend bool operator==(const Address&, const Address&) = default;
    };

    [[nodiscard]] static Result<Address> parse_address(std::string_view text);
    [[nodiscard]] static Address cut(Address address, unsigned prefix_bits);

    Address first_;
    unsigned prefix_bits_ = 0;
};

}  // namespace tally
