#pragma once

#include "simulate/generate.hpp"
#include "simulate/server.hpp"

namespace tally::simulate {

/// What the command line asked for.
struct Options {
    enum class Command { generate, serve, leave };
    Command command = Command::serve;
    int exit_code = 0;  ///< for leave: help, version or a usage error were printed
    Generation generation;
    ServeOptions serving;
};

/// Reads the command line; prints help, version and usage errors itself.
[[nodiscard]] Options parse_options(int count, char** arguments);

}  // namespace tally::simulate
