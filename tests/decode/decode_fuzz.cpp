#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "decode/json_fault.hpp"
#include "decode/json_places.hpp"
#include "tally/decode/decoder.hpp"

// Any bytes: the Decoder and the scanner must agree on what is JSON, and everything an Event points
// to must be readable (the sanitizer sees that when it is summed up).
namespace {

using tally::decode::Decoder;
using tally::decode::Event;

std::size_t sum(std::string_view text) {
    std::size_t total = text.size();
    for (const char c : text) {
        total += static_cast<unsigned char>(c);
    }
    return total;
}

std::size_t sum(tally::decode::Step step) {
    std::size_t total = 0;
    for (const tally::decode::Action& action : step) {
        total += sum(action.name) + sum(action.app);
    }
    return total;
}

std::size_t sum(const Event& event) {
    std::size_t total = 0;
    for (const std::string_view text :
         {event.type_name,  event.missing,       event.app,           event.task,
          event.instance,   event.entity,        event.state,         event.host,
          event.version,    event.message,       event.reason,        event.check.protocol,
          event.check.path, event.check.command, event.deployment_id, event.plan_version,
          event.group,      event.uri,           event.address,       event.master,
          event.executor,   event.agent}) {
        total += sum(text);
    }
    for (const tally::decode::Step& step : event.steps) {
        total += sum(step);
    }
    return event.current_step ? total + sum(*event.current_step) : total;
}

void check(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "%s\n", what);
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Decoder decoder;
    // Exactly the promised padding, so that a read past it is seen; its bytes must not matter.
    std::vector<char> bytes(size + tally::decode::body_padding, size % 2 == 0 ? '"' : '\0');
    std::copy(data, data + size, bytes.begin());
    const std::string_view body(bytes.data(), size);
    const auto fault = tally::decode::json_fault(body);
    const auto event = decoder.decode(body);
    if (event) {
        check(!fault, "accepted, but the scanner sees a fault");
        check(!event->type_name.empty(), "an event without a type");
        volatile std::size_t total = sum(*event);
        (void)total;
        return 0;
    }
    const auto& error = event.error();
    const bool is_json = error.reason != tally::decode::RejectReason::not_json;
    check(
        is_json == (!fault && !tally::decode::number_out_of_range(body)),
        "the scanner says otherwise"
    );
    check(error.offset <= size, "an offset outside of the body");
    check(!error.what.empty(), "an error without words");
    return 0;
}
