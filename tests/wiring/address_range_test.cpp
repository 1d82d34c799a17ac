#include "address_range.hpp"

#include <gtest/gtest.h>

namespace tally {

namespace {

bool within(std::string_view range, std::string_view address) {
    const auto parsed = AddressRange::parse(range);
    EXPECT_TRUE(parsed) << range;
    return parsed && parsed->contains(address);
}

TEST(AddressRangeTest, HoldsTheAddressesOfItsPrefix) {
    EXPECT_TRUE(within("10.0.0.0/8", "10.255.0.1"));
    EXPECT_FALSE(within("10.0.0.0/8", "11.0.0.0"));
    EXPECT_TRUE(within("192.168.4.0/22", "192.168.7.255"));
    EXPECT_FALSE(within("192.168.4.0/22", "192.168.8.0"));
    EXPECT_TRUE(within("0.0.0.0/0", "255.255.255.255"));
    EXPECT_TRUE(within("2001:db8::/33", "2001:db8:7fff::1"));
    EXPECT_FALSE(within("2001:db8::/33", "2001:db8:8000::1"));
    EXPECT_TRUE(within("::/0", "fe80::1"));
}

TEST(AddressRangeTest, IsOneAddressWithoutAPrefix) {
    EXPECT_TRUE(within("192.0.2.7", "192.0.2.7"));
    EXPECT_FALSE(within("192.0.2.7", "192.0.2.6"));
    EXPECT_TRUE(within("::1", "0:0:0:0:0:0:0:1"));
    EXPECT_FALSE(within("::1", "::2"));
    EXPECT_EQ(*AddressRange::parse("192.0.2.7"), *AddressRange::parse("192.0.2.7/32"));
}

TEST(AddressRangeTest, IgnoresBitsBehindThePrefix) {
    EXPECT_EQ(*AddressRange::parse("10.1.2.3/8"), *AddressRange::parse("10.0.0.0/8"));
    EXPECT_EQ(*AddressRange::parse("2001:db8::1/32"), *AddressRange::parse("2001:db8::/32"));
}

TEST(AddressRangeTest, TakesAnIpv4AddressWithinIpv6AsIpv4) {
    EXPECT_TRUE(within("10.0.0.0/8", "::ffff:10.1.2.3"));
    EXPECT_FALSE(within("10.0.0.0/8", "::ffff:11.1.2.3"));
    EXPECT_TRUE(within("::ffff:10.0.0.0/104", "10.1.2.3"));
    EXPECT_TRUE(within("::ffff:10.0.0.1", "10.0.0.1"));
    EXPECT_FALSE(within("::/0", "::ffff:10.1.2.3"));
}

TEST(AddressRangeTest, KeepsTheFamiliesApart) {
    EXPECT_FALSE(within("0.0.0.0/0", "::"));
    EXPECT_FALSE(within("::/0", "0.0.0.0"));
}

TEST(AddressRangeTest, TakesAPeerWithItsZone) {
    EXPECT_TRUE(within("fe80::/10", "fe80::1%eth0"));
}

TEST(AddressRangeTest, HoldsNothingThatIsNoAddress) {
    for (const std::string_view address : {"", "localhost", "10.0.0", "10.0.0.1.2", "10.0.0.1 ", "%eth0", ":::"}) {
        EXPECT_FALSE(within("0.0.0.0/0", address)) << address;
        EXPECT_FALSE(within("::/0", address)) << address;
    }
}

TEST(AddressRangeTest, RefusesWhatIsNoRange) {
    using namespace std::string_view_literals;
    for (const std::string_view text :
         {""sv, "/"sv, "/8"sv, "10.0.0.0/"sv, "10.0.0.0/33"sv, "10.0.0.0/-1"sv, "10.0.0.0/+8"sv, "10.0.0.0/8 "sv,
          "10.0.0.0/8/8"sv, "10.0.0/8"sv, "256.0.0.0/8"sv, "::/129"sv, "2001:db8::/x"sv, "fe80::1%eth0"sv, "example.org"sv,
          "[::1]"sv, "10.0.0.1\0"sv, "::ffff:10.0.0.0/95"sv, "10.0.0.0/99999999999"sv}) {
        EXPECT_FALSE(AddressRange::parse(text)) << text;
    }
    EXPECT_EQ(AddressRange::parse("10.0.0/8").error().what,
              "'10.0.0/8' is not an address or a range such as 10.0.0.0/8 or 2001:db8::/32");
}

}  // namespace

}  // namespace tally
