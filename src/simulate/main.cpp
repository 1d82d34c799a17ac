#include <csignal>
#include <cstdio>

#include "simulate/generate.hpp"
#include "simulate/options.hpp"
#include "simulate/server.hpp"

namespace {

using namespace tally::simulate;  // the program is the room

int fail(const std::string& what, int code) {
    std::fprintf(stderr, "marathon-sim: %s\n", what.c_str());
    return code;
}

int serve(const ServeOptions& options) {
    Server server(options);
    std::printf("marathon-sim listening on %s\n", server.url().c_str());
    std::fflush(stdout);
    server.run(Server::Signals::end);
    const auto written = server.write_totals();
    return written ? 0 : fail(written.error().what, 1);
}

}  // namespace

int main(int count, char** arguments) {
    const Options options = parse_options(count, arguments);
    if (options.command == Options::Command::leave) {
        return options.exit_code;
    }
    if (options.command == Options::Command::generate) {
        const auto done = generate(options.generation);
        return done ? 0 : fail(done.error().what, 1);
    }
    try {
        return serve(options.serving);
    } catch (const tally::CannotStart& error) {
        return fail(error.what, 2);
    }
}
