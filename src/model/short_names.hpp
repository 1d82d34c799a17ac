#pragma once

#include <string>
#include <string_view>

#include "apps.hpp"

// The names of live tasks and instances, short: they are read when a snapshot is compared, and nearly all are made of
// the same parts.
namespace tally::model {

/// An instance's: what is in it of the app of that index is that index, a UUID its 16 bytes. In `to`.
void shorten_instance(std::string_view name, const Apps& apps, Apps::Index app, std::string& to);
[[nodiscard]] std::string lengthen_instance(std::string_view shortened, const Apps& apps);

/// A task's: what it adds to the id of its instance.
void shorten_task(std::string_view name, std::string_view instance, std::string& to);
[[nodiscard]] std::string lengthen_task(std::string_view shortened, std::string_view instance);

}  // namespace tally::model
