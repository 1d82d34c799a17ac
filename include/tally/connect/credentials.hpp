#pragma once

#include <optional>
#include <string>

#include "tally/base/result.hpp"
#include "tally/connect/endpoint.hpp"
#include "tally/connect/subscription.hpp"

namespace tally::connect {

/// A secret, or where it is kept: exactly one of the three is not empty.
struct Secret {
    std::string text = {};
    std::string file = {};  ///< read at each use; line ends at its end do not count
    std::string env = {};   ///< the name of an environment variable
    friend bool operator==(const Secret&, const Secret&) = default;
};

/// The secret as it is now, from 1 byte to 64 KiB. The error names the file or the variable and says nothing of what it
/// holds. Never blocks: what is no regular file is not read.
[[nodiscard]] Result<std::string> read_secret(const Secret& secret);

/// `Authorization: Basic ...`.
struct BasicAuth {
    std::string username = {};
    Secret password = {};
    friend bool operator==(const BasicAuth&, const BasicAuth&) = default;
};

/// `Authorization: TYPE CREDENTIALS`, for the type `token` (DC/OS) `Authorization: token=CREDENTIALS`.
struct Authorization {
    std::string type = "Bearer";
    Secret credentials = {};
    friend bool operator==(const Authorization&, const Authorization&) = default;
};

/// A DC/OS service account, which logs in with its key: see ServiceLogin.
struct ServiceAccount {
    std::string uid = {};
    Secret private_key = {};  ///< RSA, PEM
    std::optional<Endpoint> login = {};  ///< none: login_beside the first member
    friend bool operator==(const ServiceAccount&, const ServiceAccount&) = default;
};

/// Who we are to a source; at most one of the three. All none: nobody.
struct CredentialSettings {
    std::optional<BasicAuth> basic = {};
    std::optional<Authorization> authorization = {};
    std::optional<ServiceAccount> service_account = {};
    friend bool operator==(const CredentialSettings&, const CredentialSettings&) = default;
};

/// What is to be sent, read anew; a secret that cannot be read is a fault. A service account sends nothing here.
[[nodiscard]] Subscription::Credentials read_credentials(const CredentialSettings& settings);

}  // namespace tally::connect
