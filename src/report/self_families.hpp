#pragma once

#include <prometheus/metric_family.h>
#include <span>

#include "tally/report/families.hpp"

namespace tally::report {

/// The marathon_tally_ and process_ families, in the order in which they are shown.
[[nodiscard]] std::span<const FamilyInfo> self_families();

/// An empty prometheus-cpp family with name, help and type as in the table. The name must be there.
[[nodiscard]] prometheus::MetricFamily self_family(std::string_view name);

}  // namespace tally::report
