#pragma once

#include <boost/system/result.hpp>
#include <string>

namespace tally {

/// What went wrong in the world outside, in one readable line. Our own bugs are TALLY_ASSERTs.
struct Error {
    std::string what;
};

/// A value or what kept us from having one.
template <class T>
using Result = boost::system::result<T, Error>;

/// Thrown only before the program runs (bad flag, port taken, database will not open): main prints
/// it as one line and exits with 2.
struct CannotStart {
    std::string what;
};

}  // namespace tally
