#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "ingest_thread.hpp"
#include "reconcile_fsm.hpp"
#include "tally/connect/rest_client.hpp"
#include "tally/serve/pages.hpp"

namespace boost::asio {
class io_context;
class thread_pool;
}

namespace tally {

/// Reads a source's snapshots from Marathon's REST API and hands them to ingest: the thin shell of ReconcileFsm. Bodies
/// are decoded by `workers`: a large cluster's takes a good part of a second.
///
/// Thread: io. `io` and `workers` must outlive it; what is under way when it is destroyed is forgotten.
class Reconciler {
  public:
    struct Options {
        std::string source;
        std::vector<connect::Endpoint> members;
        connect::RestClient::Options rest;
        ReconcileFsm::Options fsm;
        std::string accept_framework;
    };

    struct Outside {
        std::function<bool(IngestThread::Message&)> hand_over;  ///< false: no room, try again a little later
        /// After each look that has succeeded or failed, with the last HTTP status; on io.
        std::function<void(unsigned)> looked;
    };

    Reconciler(boost::asio::io_context& io, boost::asio::thread_pool& workers, Options options, Outside outside);
    ~Reconciler();
    Reconciler(const Reconciler&) = delete;
    Reconciler& operator=(const Reconciler&) = delete;

    /// The stream is attached to `url`, as connect::shown() has it.
    void attached(const std::string& url);
    void detached();

    /// Why the source is not ready: `reconciling`, `other_cluster`, or nothing.
    [[nodiscard]] std::optional<serve::ReadyReason> not_ready(TimeMs now) const;

  private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace tally
