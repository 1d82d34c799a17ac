#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "decode/json_fault.hpp"
#include "tally/decode/decode_snapshot.hpp"

// Any bytes, the first of which says what they are the body of: the decoder and the scanner must
// agree on what is JSON, and everything a Snapshot points to must be readable (the sanitizer sees
// that when it is summed up).
namespace {

using tally::decode::Snapshot;
using tally::decode::SnapshotDecoder;

volatile std::size_t total = 0;

void sum(std::string_view text) {
    std::size_t bytes = text.size();
    for (const char c : text) {
        bytes += static_cast<unsigned char>(c);
    }
    total = total + bytes;
}

void check(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "%s\n", what);
        std::abort();
    }
}

void check_tasks(const Snapshot& snapshot) {
    for (const Snapshot::App& app : snapshot.apps) {
        check(!app.id.empty(), "an app without an id");
        sum(app.id);
        sum(app.version);
    }
    for (const Snapshot::Task& task : snapshot.tasks) {
        check(!task.id.empty(), "a task without an id");
        for (const std::string_view text :
             {task.id, task.app, task.host, task.version, task.state}) {
            sum(text);
        }
    }
}

void check_rest(const Snapshot& snapshot) {
    for (const Snapshot::PodInstance& instance : snapshot.pod_instances) {
        check(!instance.id.empty(), "an instance without an id");
        for (const std::string_view text :
             {instance.id, instance.pod, instance.host, instance.status}) {
            sum(text);
        }
        for (const Snapshot::Container& container : instance.containers) {
            for (const std::string_view text : {container.name, container.task, container.status}) {
                sum(text);
            }
        }
    }
    for (const Snapshot::Deployment& deployment : snapshot.deployments) {
        check(!deployment.id.empty(), "a deployment without an id");
        check(deployment.current_step >= 0 && deployment.total_steps >= 0, "a count below 0");
        sum(deployment.id);
        sum(deployment.version);
        for (const std::string_view id : deployment.affected) {
            sum(id);
        }
        for (const tally::decode::Step& step : deployment.steps) {
            for (const tally::decode::Action& action : step) {
                sum(action.name);
                sum(action.app);
            }
        }
    }
}

/// The error; empty: it was read.
std::string read(SnapshotDecoder& decoder, unsigned kind, std::string body) {
    const auto error_of = [](const auto& result) {
        return result ? std::string() : result.error().what;
    };
    switch (kind % 5) {
        case 0:
            return error_of(decoder.info(std::move(body)));
        case 1:
            return error_of(decoder.apps(std::move(body)));
        case 2:
            return error_of(decoder.tasks(std::move(body)));
        case 3:
            return error_of(decoder.deployments(std::move(body)));
        default:
            return error_of(decoder.pods(std::move(body)));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
    body.shrink_to_fit();
    const bool is_json = !tally::decode::json_fault(body);
    SnapshotDecoder decoder;
    const std::string error = read(decoder, data[0], std::move(body));
    check(
        is_json == (error.find(": not JSON: ") == std::string::npos), "the scanner says otherwise"
    );
    const Snapshot snapshot = decoder.take();
    check_tasks(snapshot);
    check_rest(snapshot);
    sum(snapshot.framework_id);
    sum(snapshot.version);
    const bool empty = snapshot.apps.empty() && snapshot.tasks.empty() &&
                       snapshot.pod_instances.empty() && snapshot.deployments.empty() &&
                       !snapshot.has_pods && snapshot.version.empty();
    check(error.empty() || empty, "something was taken of a body that was refused");
    return 0;
}
