#include <csignal>
#include <cstdio>

#include "simulate/generate.hpp"
#include "simulate/options.hpp"
#include "simulate/scenario.hpp"
#include "simulate/server.hpp"

namespace {

using namespace tally::simulate;  // the program is the room

int fail(const std::string& what, int code) {
    std::fprintf(stderr, "marathon-sim: %s\n", what.c_str());
    return code;
}

int serve(const ServeOptions& options) {
    Server server(options);
    for (const std::string& url : server.urls()) {
        std::printf("marathon-sim listening on %s\n", url.c_str());
    }
    std::fflush(stdout);
    server.run(Server::Signals::end);
    const auto written = server.write_totals();
    return written ? 0 : fail(written.error().what, 1);
}

int show_scenarios(const std::string& name) {
    if (const auto text = ready_scenario(name)) {
        std::printf("%.*s", static_cast<int>(text->size()), text->data());
        return 0;
    }
    for (const ReadyScenario& ready : ready_scenarios()) {
        std::printf(
            "%-14.*s %.*s\n",
            static_cast<int>(ready.name.size()),
            ready.name.data(),
            static_cast<int>(ready.what.size()),
            ready.what.data()
        );
    }
    return 0;
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
    if (options.command == Options::Command::scenarios) {
        return show_scenarios(options.shown_scenario);
    }
    try {
        return serve(options.serving);
    } catch (const tally::CannotStart& error) {
        return fail(error.what, 2);
    }
}
