#include "tally/connect/cause.hpp"

#include "tally/base/assert.hpp"

namespace tally::connect {
namespace {

constexpr std::array<std::string_view, all_causes.size()> names = {
    "closed",       "reset",       "silent",   "leader_changed", "slow",      "empty",
    "refused",      "unreachable", "dns",      "timeout",        "tls",       "redirect",
    "unauthorized", "http_4xx",    "http_5xx", "not_a_stream",   "too_large", "crash",
    "shutdown",     "reload"};

static_assert(all_causes.back() == Cause::reload);
static_assert(all_causes.size() == static_cast<std::size_t>(Cause::reload) + 1);

}  // namespace

std::string_view to_string(Cause cause) {
    const auto index = static_cast<std::size_t>(cause);
    TALLY_ASSERT(index < names.size());
    return names[index];
}

}  // namespace tally::connect
