#include "version.hpp"

#include <boost/version.hpp>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <simdjson.h>
#include <sqlite3.h>
#include <zlib.h>
#include <zstd.h>

namespace tally {

std::string version_text() {
    return fmt::format("marathon-tally {} (Boost {}.{}.{}, simdjson {}, SQLite {}, zlib {}, zstd {}, {})", TALLY_VERSION,
                       BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100,
                       fmt::format("{}.{}.{}", +simdjson::SIMDJSON_VERSION_MAJOR, +simdjson::SIMDJSON_VERSION_MINOR,
                                   +simdjson::SIMDJSON_VERSION_REVISION),
                       sqlite3_libversion(), zlibVersion(), ZSTD_versionString(),
                       OpenSSL_version(OPENSSL_VERSION));
}

}  // namespace tally
