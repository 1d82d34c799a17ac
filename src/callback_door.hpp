#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "callback_access.hpp"
#include "callback_answer.hpp"
#include "tally/base/time.hpp"
#include "tally/serve/routes.hpp"

namespace tally {

/// One event as a Marathon posted it.
struct CallbackInput {
    std::string source;
    TimeMs wall = 0;  ///< when the whole of it had come
    std::string body;
};

/// `POST /callback/{source}`: Marathon's HTTP callbacks (1.4 and before). Who it is is judged by the header alone:
/// nothing of a body is read for a stranger, or of one that is too large. Content-Type is not looked at.
///
/// Thread: the io thread; completions may be called from any. The consumer may be called as long as the server runs and
/// must outlive this; completions may outlive both.
class CallbackDoor {
  public:
    /// To be called once. One that is dropped instead answers 503.
    using Completion = std::function<void(CallbackAnswer)>;
    /// False: there is no room now, the completion is not called, and the answer is 503.
    using Consumer = std::function<bool(CallbackInput, Completion)>;

    CallbackDoor(CallbackAccess access, Consumer consumer) : access_(std::move(access)), consumer_(std::move(consumer)) {}

    CallbackDoor(const CallbackDoor&) = delete;
    CallbackDoor& operator=(const CallbackDoor&) = delete;

    /// For a server that this outlives. `body_bytes_max` is limits.max_event_bytes.
    [[nodiscard]] serve::Route route(std::size_t body_bytes_max);

    /// For every request from now on, after a reload.
    void change(CallbackAccess access) { access_ = std::move(access); }

  private:
    [[nodiscard]] std::optional<serve::Response> refuse(const serve::Request& request) const;
    void take(serve::Request request, serve::Responder responder) const;

    CallbackAccess access_;
    Consumer consumer_;
};

}  // namespace tally
