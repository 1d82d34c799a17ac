#include "connect/stream_failure.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>

namespace tally::connect {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

bool is_end(const error_code& ec) {
    return ec == asio::error::eof || ec == http::error::end_of_stream ||
           ec == http::error::partial_message || ec == asio::ssl::error::stream_truncated;
}

bool is_http_fault(const error_code& ec) {
    return ec.category() == http::make_error_code(http::error::bad_version).category();
}

}  // namespace

Cause cause_of_connect(const error_code& ec) {
    if (ec == asio::error::connection_refused) {
        return Cause::refused;
    }
    if (ec == asio::error::timed_out || ec == beast::error::timeout) {
        return Cause::timeout;
    }
    return ec == asio::error::connection_reset ? Cause::reset : Cause::unreachable;
}

Outcome outcome_of(const error_code& ec) {
    if (is_end(ec)) {
        return Ended{};
    }
    // The second one is the system's: nobody acknowledged our bytes, or our keep-alive probes.
    if (ec == beast::error::timeout || ec == asio::error::timed_out) {
        return TimedOut{};
    }
    if (ec == asio::error::host_unreachable || ec == asio::error::network_unreachable) {
        return Failed{Cause::unreachable, ec.message()};
    }
    if (ec == http::error::header_limit || ec == http::error::buffer_overflow) {
        return Failed{Cause::too_large, ec.message()};
    }
    if (is_http_fault(ec)) {
        return Failed{Cause::not_a_stream, "not HTTP: " + ec.message()};
    }
    if (ec.category() == asio::error::get_ssl_category()) {
        return Failed{Cause::tls, ec.message()};
    }
    return Failed{Cause::reset, ec.message()};
}

}  // namespace tally::connect
