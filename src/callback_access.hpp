#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "address_range.hpp"
#include "tally/base/result.hpp"

namespace tally {

struct CallbackConfig;
struct SourceConfig;

/// Who may post events, and for which sources. Pure.
///
/// Marathon sends no header of its own, so a secret stands in the callback URL that it was given: as `?secret=S`, or as
/// the password of its userinfo where that is sent as basic auth; what stands before Marathon may send it as
/// `Authorization: Bearer S`. One right secret is enough, where there are several.
///
/// A secret is looked at before an address. What a stranger is told of a source that does not exist is what all the
/// others tell him: 401 if each has a secret and he knows none of them, else 403 if each has addresses and his is none
/// of them, else 404. So with a secret (or addresses) for every source nobody learns their names by trying.
class CallbackAccess {
  public:
    enum class Verdict { admitted, unauthorized, forbidden, unknown };

    struct Source {
        std::string name;
        std::string secret;               ///< empty: none is asked for
        std::vector<AddressRange> allow;  ///< empty: from everywhere
    };

    /// What a request shows of who it is.
    struct Caller {
        std::string peer;                  ///< its address
        std::vector<std::string> secrets;  ///< all it has given
    };

    explicit CallbackAccess(std::vector<Source> sources) : sources_(std::move(sources)) {}

    /// Takes as long for one secret as for another.
    [[nodiscard]] Verdict judge(std::string_view source, const Caller& caller) const;

    /// Whether two texts are equal, in a time that only the length of `given` decides; never for an empty secret.
    [[nodiscard]] static bool same_secret(std::string_view given, std::string_view secret);

  private:
    [[nodiscard]] Verdict judge_unknown(bool knows_a_secret, std::string_view peer) const;

    std::vector<Source> sources_;
};

/// The secrets in a request: `query_secret` as it stands in the query, decoded, and what the Authorization header says.
[[nodiscard]] std::vector<std::string> given_secrets(
    std::optional<std::string> query_secret, std::string_view authorization
);

/// The secret of a `callback` section as connect::read_secret() reads it; empty where it names none: what is asked for and
/// empty is an error and opens no door.
[[nodiscard]] Result<std::string> read_callback_secret(const CallbackConfig& config);

/// The access that the config asks for; secrets are read now.
[[nodiscard]] Result<CallbackAccess> read_callback_access(const std::vector<SourceConfig>& sources);

}  // namespace tally
