#include "callback_door.hpp"

#include <memory>
#include <utility>

#include "tally/base/assert.hpp"
#include "tally/serve/pages.hpp"

namespace tally {

namespace {

using serve::error_response;
using serve::Response;

constexpr int retry_after_s = 1;

Response unavailable() { return serve::unavailable_response("events cannot be kept now", retry_after_s); }

Response response_to(CallbackAnswer answer) {
    switch (answer) {
        case CallbackAnswer::accepted:
            return {.status = 202, .content_type = {}, .body = {}};
        case CallbackAnswer::not_json:
            return error_response(400, "not_json");
        case CallbackAnswer::not_object:
            return error_response(400, "not_object");
        case CallbackAnswer::no_event_type:
            return error_response(400, "no_event_type");
        case CallbackAnswer::unwritable:
            return unavailable();
    }
    TALLY_ASSERT(false);
    return {};
}

Response unauthorized() {
    Response response = error_response(401, "the secret of this callback is needed");
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"marathon-tally callback\"");
    return response;
}

/// The right to answer, where it can be copied along with a std::function; unanswered, it says 503.
class Answering {
  public:
    explicit Answering(serve::Responder responder) : responder_(std::move(responder)) {}

    ~Answering() {
        if (!answered_) {
            responder_(unavailable());
        }
    }

    Answering(const Answering&) = delete;
    Answering& operator=(const Answering&) = delete;

    void give(Response response) {
        answered_ = true;
        responder_(std::move(response));
    }

  private:
    serve::Responder responder_;
    bool answered_ = false;
};

}  // namespace

serve::Route CallbackDoor::route(std::size_t body_bytes_max) {
    return {.method = serve::Method::post,
            .path = "/callback/{source}",
            .handler = [this](serve::Request request,
                              serve::Responder responder) { take(std::move(request), std::move(responder)); },
            .body_bytes_max = body_bytes_max,
            .gate = [this](const serve::Request& request) { return refuse(request); }};
}

std::optional<Response> CallbackDoor::refuse(const serve::Request& request) const {
    const CallbackAccess::Caller caller{
        .peer = request.peer,
        .secrets = given_secrets(request.query_value("secret"), request.header("Authorization"))};
    switch (access_.judge(request.parameter, caller)) {
        case CallbackAccess::Verdict::admitted:
            return std::nullopt;
        case CallbackAccess::Verdict::unauthorized:
            return unauthorized();
        case CallbackAccess::Verdict::forbidden:
            return error_response(403, "callbacks are not taken from this address");
        case CallbackAccess::Verdict::unknown:
            return error_response(404, "there is no source of this name");
    }
    TALLY_ASSERT(false);
    return std::nullopt;
}

void CallbackDoor::take(serve::Request request, serve::Responder responder) const {
    // Shared with the completion, which std::function wants to be able to copy.
    const auto answering = std::make_shared<Answering>(std::move(responder));
    // A consumer that has no room drops the completion, and that answers.
    static_cast<void>(consumer_(
        {.source = std::move(request.parameter), .wall = wall_now(), .body = std::move(request.body)},
        [answering](CallbackAnswer answer) { answering->give(response_to(answer)); }
    ));
}

}  // namespace tally
