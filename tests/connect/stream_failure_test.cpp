#include "connect/stream_failure.hpp"

#include <vector>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <gtest/gtest.h>

namespace tally::connect {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

TEST(StreamFailureTest, AConnectFailsForOneOfFiveCauses) {
    struct Row {
        error_code error;
        Cause cause;
    };

    const std::vector<Row> rows = {
        {asio::error::connection_refused, Cause::refused},
        {asio::error::timed_out, Cause::timeout},
        {beast::error::timeout, Cause::timeout},
        {asio::error::connection_reset, Cause::reset},
        {asio::error::host_unreachable, Cause::unreachable},
        {asio::error::network_unreachable, Cause::unreachable},
        {asio::error::access_denied, Cause::unreachable},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(cause_of_connect(row.error), row.cause) << row.error.message();
    }
}

TEST(StreamFailureTest, AnOrderlyEndIsAnEnd) {
    for (const error_code error :
         {error_code(asio::error::eof),
          error_code(http::error::end_of_stream),
          error_code(http::error::partial_message),
          error_code(asio::ssl::error::stream_truncated)}) {
        const auto outcome = outcome_of(error);
        ASSERT_TRUE(std::holds_alternative<Ended>(outcome)) << error.message();
        EXPECT_FALSE(std::get<Ended>(outcome).whole);
    }
}

TEST(StreamFailureTest, NobodyAtTheOtherEndIsSilence) {
    EXPECT_TRUE(std::holds_alternative<TimedOut>(outcome_of(beast::error::timeout)));
    EXPECT_TRUE(std::holds_alternative<TimedOut>(outcome_of(asio::error::timed_out)));
}

TEST(StreamFailureTest, AnythingElseIsAFailureWithItsCause) {
    struct Row {
        error_code error;
        Cause cause;
    };

    const std::vector<Row> rows = {
        {asio::error::connection_reset, Cause::reset},
        {asio::error::broken_pipe, Cause::reset},
        {asio::error::host_unreachable, Cause::unreachable},
        {http::error::header_limit, Cause::too_large},
        {http::error::buffer_overflow, Cause::too_large},
        {http::error::bad_version, Cause::not_a_stream},
        {http::error::bad_chunk, Cause::not_a_stream},
        {error_code(1, asio::error::get_ssl_category()), Cause::tls},
    };
    for (const auto& row : rows) {
        const auto outcome = outcome_of(row.error);
        ASSERT_TRUE(std::holds_alternative<Failed>(outcome)) << row.error.message();
        EXPECT_EQ(std::get<Failed>(outcome).cause, row.cause) << row.error.message();
    }
}

}  // namespace
}  // namespace tally::connect
