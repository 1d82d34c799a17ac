#include "tally/decode/decode_snapshot.hpp"

#include <array>
#include <iterator>
#include <utility>
#include <vector>

#include "decode/first_key.hpp"
#include "decode/json_fault.hpp"
#include "decode/json_reader.hpp"
#include "decode/snapshot_lists.hpp"

namespace tally::decode {

namespace {

/// Hands the first member `name` of an object to `read`; false: there is none, or no object.
template <class Read>
bool read_member(JsonReader& json, std::string_view name, Read read) {
    const std::array<std::string_view, 1> keys{name};
    bool found = false;
    if (!json.enter_object()) {
        return found;
    }
    FirstKey index_of(keys);
    while (const auto key = json.next_member()) {
        if (index_of(*key) == 0) {
            found = read();
        }
    }
    return found;
}

struct Info {
    std::string_view framework_id;
    std::string_view version;
};

bool read_info(JsonReader& json, Arena& text, Info& info) {
    static constexpr std::array<std::string_view, 2> keys{"frameworkId", "version"};
    if (!json.enter_object()) {
        return false;
    }
    FirstKey index_of(keys);
    while (const auto key = json.next_member()) {
        switch (index_of(*key)) {
            case 0:
                info.framework_id = text.keep(json.text());
                break;
            case 1:
                info.version = text.keep(json.text());
                break;
            default:
                break;
        }
    }
    return true;
}

Error not_json(std::string_view where, std::string_view body) {
    std::string what = std::string(where) + ": not JSON";
    if (const auto fault = json_fault(body)) {
        what += ": " + std::string(fault->what) + " at byte " + std::to_string(fault->offset);
    }
    return {std::move(what)};
}

template <class Entry>
void append(std::vector<Entry>& to, std::vector<Entry>&& from) {
    if (to.empty()) {
        to = std::move(from);
    } else {
        to.insert(
            to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end())
        );
    }
}

}  // namespace

class SnapshotDecoder::Impl {
  public:
    /// One body: `read_value(reader, part)` says whether it was what it should be, which is
    /// `expected`.
    template <class ReadValue>
    Result<void> read(
        std::string_view where,
        const std::string& body,
        std::string_view expected,
        ReadValue read_value
    ) {
        SnapshotPart part;
        JsonReader json(body);
        const bool found = read_value(json, part);
        if (!json.finish()) {
            return not_json(where, body);
        }
        if (!found) {
            return Error{std::string(where) + ": no " + std::string(expected)};
        }
        if (part.too_many) {
            return Error{
                std::string(where) + ": over " + std::to_string(entries_max) +
                " entries of a kind"};
        }
        add(std::move(part));
        return {};
    }

    Snapshot take() {
        taken_ = std::exchange(parts_, {});
        return std::exchange(snapshot_, {});
    }

    Snapshot& snapshot() { return snapshot_; }

  private:
    void add(SnapshotPart part) {
        append(snapshot_.apps, std::move(part.told.apps));
        append(snapshot_.tasks, std::move(part.told.tasks));
        append(snapshot_.pod_instances, std::move(part.told.pod_instances));
        append(snapshot_.deployments, std::move(part.told.deployments));
        parts_.push_back(std::move(part));
    }

    Snapshot snapshot_;
    std::vector<SnapshotPart> parts_;  // what snapshot_ points to
    std::vector<SnapshotPart> taken_;  // what the Snapshot last taken points to
};

SnapshotDecoder::SnapshotDecoder() : impl_(std::make_unique<Impl>()) {}

SnapshotDecoder::~SnapshotDecoder() = default;

Result<void> SnapshotDecoder::info(std::string body) {
    Info info;
    auto read =
        impl_->read("/v2/info", body, "object", [&info](JsonReader& json, SnapshotPart& part) {
            return read_info(json, part.text, info);
        });
    if (read) {
        impl_->snapshot().framework_id = info.framework_id;
        impl_->snapshot().version = info.version;
    }
    return read;
}

Result<SnapshotDecoder::Apps> SnapshotDecoder::apps(std::string body) {
    AppList list;
    const auto read =
        impl_->read("/v2/apps", body, "list `apps`", [&list](JsonReader& json, SnapshotPart& part) {
            return read_member(json, "apps", [&] {
                list = read_app_list(json, part);
                return list.found;
            });
        });
    if (!read) {
        return read.error();
    }
    return Apps{.tasks_embedded = list.tasks_embedded};
}

Result<void> SnapshotDecoder::tasks(std::string body) {
    return impl_->read("/v2/tasks", body, "list `tasks`", [](JsonReader& json, SnapshotPart& part) {
        return read_member(json, "tasks", [&] { return read_task_list(json, part); });
    });
}

Result<void> SnapshotDecoder::deployments(std::string body) {
    return impl_->read("/v2/deployments", body, "list", read_deployment_list);
}

Result<void> SnapshotDecoder::pods(std::string body) {
    auto read = impl_->read("/v2/pods/::status", body, "list", read_pod_list);
    if (read) {
        impl_->snapshot().has_pods = true;
    }
    return read;
}

Snapshot SnapshotDecoder::take() {
    return impl_->take();
}

}  // namespace tally::decode
