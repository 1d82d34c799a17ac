// Answers: what a request gets instead of a stream, and how its bytes go out.
#include <algorithm>

#include <fmt/format.h>

#include "simulate/json_text.hpp"
#include "simulate/server_inside.hpp"
#include "simulate/snapshots.hpp"
#include "simulate/words.hpp"

namespace tally::simulate {

namespace {

constexpr std::size_t piece_bytes = 64 << 10;
constexpr std::size_t large_answers_max = 8;
constexpr std::string_view login_path = "/acs/api/v1/auth/login";

/// "apps" for /v2/apps; empty for what is no snapshot.
std::string_view snapshot_name(std::string_view path) {
    constexpr std::pair<std::string_view, std::string_view> names[] = {
        {"/v2/apps", "apps"},
        {"/v2/tasks", "tasks"},
        {"/v2/deployments", "deployments"},
        {"/v2/pods/::status", "pods"},
        {"/v2/info", "info"}};
    for (const auto& [full, name] : names) {
        if (path == full) {
            return name;
        }
    }
    return {};
}

std::string target_of(const Request& request) {
    return request.path + (request.query.empty() ? "" : "?" + request.query);
}

Answer html_answer() {
    return {
        .type = "text/html;charset=utf-8",
        .body = "<!DOCTYPE html>\n<html><head><title>Marathon</title></head></html>\n",
        .location = {}};
}

}  // namespace

/// Credentials come before everything but what steers the simulation and the login itself.
std::optional<Answer> Server::Inside::refuse(const Request& request) {
    const bool open = request.path.starts_with("/sim/") || request.path == login_path;
    if (open || credentials.accept(request.header("authorization"), wall_clock())) {
        return std::nullopt;
    }
    Answer answer = error_answer(401, "Unauthorized");
    answer.headers = fmt::format("WWW-Authenticate: {}\r\n", credentials.challenge());
    return answer;
}

std::optional<Answer> Server::Inside::refuse_attach(
    const Connection& connection, const Request& request
) {
    if (const auto error = troubles.use(TroubleKind::http_error)) {
        Answer answer = error_answer(error->status, "as ordered");
        if (error->status == 401) {
            answer.headers = fmt::format("WWW-Authenticate: {}\r\n", credentials.challenge());
        }
        return answer;
    }
    if (troubles.use(TroubleKind::not_a_stream)) {
        return html_answer();
    }
    if (auto elsewhere = redirect(connection, request)) {
        return elsewhere;
    }
    std::string leader_url = options.standby_of;
    if (connection.member != leading && !options.standbys_proxy) {
        leader_url = url_of(leading);
    }
    return refuse_stream(request, leader_url);
}

std::optional<Answer> Server::Inside::redirect(
    const Connection& connection, const Request& request
) {
    const std::vector<std::string_view> hops = request.parameter("sim_hops");
    auto left = hops.empty() ? std::nullopt : number_of<std::uint32_t>(hops.front());
    const std::string here = url_of(connection.member);
    if (!left) {
        const auto trouble = troubles.use(TroubleKind::redirect);
        if (!trouble) {
            return std::nullopt;
        }
        if (trouble->hops == 0) {
            const std::size_t next = (connection.member + 1) % members.size();
            const std::string& to = trouble->to;
            return redirect_answer(
                to == "self"       ? here + target_of(request)
                : to == "other"    ? url_of(next) + target_of(request)
                : to == "none"     ? ""
                : to == "unusable" ? "http://"
                                   : to
            );
        }
        left = trouble->hops;
    }
    if (*left == 0) {
        return std::nullopt;
    }
    return redirect_answer(here + request.path + "?sim_hops=" + std::to_string(*left - 1));
}

asio::awaitable<Answer> Server::Inside::respond(
    std::shared_ptr<Connection> connection, Request request
) {
    if (request.path.starts_with("/sim/")) {
        Answer made = co_await control(std::move(request));
        co_return made;
    }
    if (request.path == login_path && credentials.offers_login()) {
        co_return log_in(request);
    }
    if (request.path == "/v2/eventSubscriptions" && has_callbacks(options.shape.dialect)) {
        co_return subscriptions(*connection, request);
    }
    co_return cluster_answer(request);
}

Answer Server::Inside::log_in(const Request& request) {
    if (request.method != "POST") {
        return error_answer(405, "Method Not Allowed");
    }
    const auto token = credentials.log_in(request.body, wall_clock());
    if (!token) {
        return error_answer(401, "Bad credentials");
    }
    Answer answer{.body = {}, .location = {}};
    Json(answer.body).raw(R"({"token":)").plain(*token).raw("}");
    return answer;
}

Answer Server::Inside::subscriptions(const Connection& connection, const Request& request) {
    const std::vector<std::string_view> urls = request.parameter("callbackUrl");
    if (request.method == "GET") {
        return {.body = callbacks.list(), .location = {}};
    }
    if (urls.empty() || (request.method != "POST" && request.method != "DELETE")) {
        return error_answer(urls.empty() ? 400 : 405, "callbackUrl is needed");
    }
    const std::string url(urls.front());
    const bool adds = request.method == "POST";
    if (adds && !callbacks.subscribe(url)) {
        return error_answer(422, "Object is not valid");
    }
    const auto event = feed.subscriber(
        wall_clock(),
        adds ? EventType::subscribe : EventType::unsubscribe,
        connection.channel.peer_address(),
        url
    );
    publish(event);
    if (!adds) {
        callbacks.unsubscribe(url);
    }
    return {.body = event->body, .location = {}};
}

Answer Server::Inside::cluster_answer(const Request& request) {
    catch_up();
    const auto other =
        request.path == "/v2/info" ? troubles.use(TroubleKind::other_framework) : std::nullopt;
    const Cast cast{
        .scene = older ? older->shown->scene() : scene_of(feed.life()),
        .leader = leader(),
        .framework_id = other ? std::string_view(other->id) : std::string_view()};
    Answer answer = rest_answer(request, cast);
    if (answer.rest && large_answers >= large_answers_max) {
        return error_answer(503, "too many large snapshots at once");
    }
    if (answer.rest) {
        answer.moment = older ? older->shown : picture();
    }
    return answer;
}

std::shared_ptr<const Picture> Server::Inside::picture() {
    return std::make_shared<const Picture>(Picture{
        feed.life().cluster(), feed.life().rollouts().all()});
}

std::optional<Trouble> Server::Inside::snapshot_trouble(const Request& request) {
    const std::string_view name = snapshot_name(request.path);
    if (name.empty()) {
        return std::nullopt;
    }
    for (const TroubleKind kind :
         {TroubleKind::snapshot_error,
          TroubleKind::snapshot_not_json,
          TroubleKind::snapshot_cut,
          TroubleKind::snapshot_slow}) {
        const Trouble* trouble = troubles.find(kind);
        if (trouble != nullptr &&
            (trouble->path.empty() ? name != "info" : trouble->path == name)) {
            return troubles.use(kind);
        }
    }
    return std::nullopt;
}

/// False when the connection is to end.
asio::awaitable<bool> Server::Inside::reply(
    std::shared_ptr<Connection> connection, Request request, Answer answer
) {
    const std::optional<Trouble> trouble = snapshot_trouble(request);
    Pacing pacing;
    std::size_t bytes_max = std::string::npos;
    if (trouble && trouble->kind == TroubleKind::snapshot_error) {
        answer = error_answer(trouble->status, "as ordered");
    } else if (trouble && trouble->kind == TroubleKind::snapshot_not_json) {
        answer = html_answer();
        answer.type = "application/json";
    } else if (trouble && trouble->kind == TroubleKind::snapshot_cut) {
        const std::size_t part = answer.body.empty() ? 0 : answer.body.size() - 1;
        bytes_max = answer.rest ? trouble->bytes : std::min<std::size_t>(trouble->bytes, part);
    } else if (trouble) {
        pacing = {.bytes = trouble->bytes, .every = trouble->every};
        connection->deadline.expires_after(trouble->delay);
        co_await connection->deadline.async_wait(no_throw);
    }
    const auto keep = request.keeps_alive() ? Answer::Connection::keep : Answer::Connection::close;
    std::string out = answer.head(url_of(leading), http_date(wall_clock()), keep);
    const bool whole = !answer.rest && pacing.bytes == 0 && bytes_max == std::string::npos;
    const bool has_body = request.method != "HEAD";
    if (whole && has_body) {
        out += answer.body;
    }
    bool sent = co_await write(connection, out, no_stream);
    if (sent && !whole && has_body) {
        ++large_answers;
        sent = co_await send_rest(connection, std::move(answer), pacing, bytes_max);
        --large_answers;
    }
    co_return sent&& keep == Answer::Connection::keep;
}

/// The body, in chunks when there is more of it than the answer holds. False: it is cut short.
asio::awaitable<bool> Server::Inside::send_rest(
    std::shared_ptr<Connection> connection, Answer answer, Pacing pacing, std::size_t bytes_max
) {
    const bool chunked = answer.rest.has_value();
    std::string piece = std::move(answer.body);
    bool last = !chunked;
    while (true) {
        const bool cut = piece.size() >= bytes_max;
        piece.resize(std::min(piece.size(), bytes_max));
        bytes_max -= bytes_max == std::string::npos ? 0 : piece.size();
        std::string out = chunked ? fmt::format("{:x}\r\n{}", piece.size(), piece) : piece;
        if (chunked && !cut) {
            out += last ? "\r\n0\r\n\r\n" : "\r\n";
        }
        const bool sent = co_await write(connection, out, no_stream, pacing);
        if (!sent || cut) {
            co_return false;
        }
        if (last) {
            co_return true;
        }
        piece.clear();
        last = answer.rest->append(answer.moment->scene(), piece, piece_bytes);
    }
}

}  // namespace tally::simulate
