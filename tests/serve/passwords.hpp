#pragma once

#include <array>
#include <crypt.h>
#include <string>

namespace tally::serve::testing {

/// A bcrypt hash, made anew, of the least cost there is. `prefix`: $2a$, $2b$ or $2y$.
inline std::string bcrypt_hash(
    const std::string& password, const std::string& prefix = "$2b$", unsigned long cost = 4
) {
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> salt{};
    ::crypt_gensalt_rn(prefix.c_str(), cost, nullptr, 0, salt.data(), salt.size());
    crypt_data data{};
    return ::crypt_r(password.c_str(), salt.data(), &data);
}

}  // namespace tally::serve::testing
