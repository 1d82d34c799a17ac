#pragma once

#include <string>

namespace tally::simulate {

/// Files for HTTPS, PEM. Without a certificate: plain HTTP.
struct TlsFiles {
    std::string certificate{};  ///< the chain, our own first
    std::string key{};
    std::string client_ca{};  ///< who signs the client certificates that we then demand
};

}  // namespace tally::simulate
