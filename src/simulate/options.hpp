#pragma once

#include "simulate/generate.hpp"
#include "simulate/server.hpp"

namespace tally::simulate {

/// What the command line asked for.
struct Options {
    enum class Command { generate, serve, scenarios, leave };
    Command command = Command::serve;
    int exit_code = 0;  ///< for leave: help, version or a usage error were printed
    Generation generation;
    ServeOptions serving;
    std::string shown_scenario;  ///< for scenarios: the one to print, empty: the list
};

/// Reads the command line; prints help, version and usage errors itself.
[[nodiscard]] Options parse_options(int count, char** arguments);

}  // namespace tally::simulate
