#include <cstdio>

#include "simulate/generate.hpp"
#include "simulate/options.hpp"

int main(int count, char** arguments) {
    using namespace tally::simulate;  // NOLINT: the program is the room
    const Options options = parse_options(count, arguments);
    if (options.command == Options::Command::leave) {
        return options.exit_code;
    }
    const auto done = generate(options.generation);
    if (!done) {
        std::fprintf(stderr, "marathon-sim: %s\n", done.error().what.c_str());
        return 1;
    }
    return 0;
}
