#pragma once

#include <boost/system/error_code.hpp>

#include "connect/outcome.hpp"

namespace tally::connect {

// The one place where error codes get their meaning.

/// Of a TCP connect that failed.
[[nodiscard]] Cause cause_of_connect(const boost::system::error_code& ec);

/// Of a read or write on an open connection that failed: Ended, TimedOut or Failed.
[[nodiscard]] Outcome outcome_of(const boost::system::error_code& ec);

}  // namespace tally::connect
