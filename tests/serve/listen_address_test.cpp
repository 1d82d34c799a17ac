#include "tally/serve/listen_address.hpp"

#include <gtest/gtest.h>

namespace tally::serve {

namespace {

TEST(ListenAddressTest, TakesHostAndPort) {
    struct Row {
        const char* text;
        const char* host;
        const char* port;
    };

    for (const Row& row : {
             Row{":9977", "", "9977"},
             Row{"localhost:0", "localhost", "0"},
             Row{"127.0.0.1:65535", "127.0.0.1", "65535"},
             Row{"[::1]:80", "::1", "80"},
             Row{"[::]:80", "::", "80"},
         }) {
        const auto address = parse_listen_address(row.text);
        ASSERT_TRUE(address) << row.text;
        EXPECT_EQ(address->host, row.host) << row.text;
        EXPECT_EQ(address->port, row.port) << row.text;
    }
}

TEST(ListenAddressTest, RefusesAnythingElse) {
    for (const char* text :
         {"",
          "9977",
          "host",
          "host:",
          "host:port",
          "host:65536",
          "host:-1",
          "host:80x",
          "::1:80",
          "[::1]",
          "[]:80",
          "a]:80"}) {
        EXPECT_FALSE(parse_listen_address(text)) << text;
    }
}

}  // namespace

}  // namespace tally::serve
