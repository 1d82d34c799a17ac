#pragma once

#include <boost/system/error_code.hpp>

#include "connect/subscription_fsm.hpp"

namespace tally::connect {

// The one place where error codes get their meaning.

/// Of a TCP connect that failed.
[[nodiscard]] Cause cause_of_connect(const boost::system::error_code& ec);

/// Of a read or write on an open connection that failed: Ended, TimedOut or Failed.
[[nodiscard]] SubscriptionFsm::Happened happened(const boost::system::error_code& ec);

}  // namespace tally::connect
