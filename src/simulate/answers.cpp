#include "simulate/answers.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "simulate/json_text.hpp"
#include "simulate/snapshots.hpp"

namespace tally::simulate {

namespace {

std::string_view reason_of(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 302:
            return "Found";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 400:
            return "Bad Request";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 413:
            return "Request Entity Too Large";
        case 502:
            return "Bad Gateway";
        case 422:
            return "Unprocessable Entity";
        default:
            return "Error";
    }
}

bool accepts(const Request& request, std::string_view part) {
    const std::vector<std::string_view> values = request.header("accept");
    return std::any_of(values.begin(), values.end(), [part](std::string_view value) {
        return value.find(part) != std::string_view::npos;
    });
}

/// What Jetty itself answers: HTML for those who can read it, else nothing.
Answer jetty_answer(const Request& request, int status) {
    Answer answer{
        .status = status, .type = "text/html;charset=iso-8859-1", .body = {}, .location = {}};
    if (accepts(request, "text/html") || accepts(request, "*/*")) {
        answer.body = fmt::format(
            "<html>\n<head>\n<title>Error {0}</title>\n</head>\n<body><h2>HTTP ERROR "
            "{0}</h2>\n<p>{1}</p>\n</body>\n</html>\n",
            status,
            reason_of(status)
        );
    } else {
        answer.type.clear();
    }
    return answer;
}

std::string leader_body(std::string_view leader) {
    std::string out;
    Json(out).raw(R"({"leader":)").plain(leader).raw("}");
    return out;
}

}  // namespace

std::string Answer::head(std::string_view leader, std::string_view date, Connection connection)
    const {
    std::string out =
        fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", status, reason_of(status), date);
    if (names_leader) {
        out += fmt::format("X-Marathon-Leader: {}\r\n", leader);
    }
    if (!location.empty()) {
        out += "Location: " + location + "\r\n";
    }
    out += headers;
    if (!type.empty()) {
        out += "Content-Type: " + type + "\r\n";
    }
    if (connection == Connection::close) {
        out += "Connection: close\r\n";
    }
    out += rest ? "Transfer-Encoding: chunked\r\n"
                : fmt::format("Content-Length: {}\r\n", body.size());
    return out + "Server: Jetty(9.3.z-SNAPSHOT)\r\n\r\n";
}

Answer redirect_answer(std::string target) {
    return {
        .status = 302,
        .type = {},
        .body = {},
        .location = std::move(target),
        .names_leader = false};  // a standby's own answer does not name the leader there
}

Answer error_answer(int status, std::string_view message) {
    Answer answer{.status = status, .body = {}, .location = {}};
    Json(answer.body).raw(R"({"message":)").escaped(message).raw("}");
    return answer;
}

std::optional<Answer> refuse_stream(const Request& request, std::string_view standby_of) {
    if (!standby_of.empty()) {
        std::string target = std::string(standby_of) + request.path;
        target += request.query.empty() ? "" : "?" + request.query;
        return redirect_answer(std::move(target));
    }
    if (request.method != "GET" && request.method != "HEAD") {
        return jetty_answer(request, 405);
    }
    const std::vector<std::string_view> accept = request.header("accept");
    if (std::find(accept.begin(), accept.end(), "text/event-stream") != accept.end()) {
        return std::nullopt;
    }
    return jetty_answer(request, request.minor_version == 0 ? 400 : 405);
}

std::string stream_head(
    Dialect dialect, std::string_view leader, std::string_view date, std::string_view via
) {
    std::string out = fmt::format(
        "HTTP/1.1 200 OK\r\nDate: {}\r\nCache-Control: no-cache, no-store, "
        "must-revalidate\r\nPragma: no-cache\r\n"
        "Expires: 0\r\nX-Marathon-Leader: {}\r\n",
        date,
        leader
    );
    if (dialect >= Dialect::v1_8) {
        out += "X-Frame-Options: DENY\r\nX-XSS-Protection: 1; mode=block\r\n";
    }
    out += dialect <= Dialect::v1_3 ? "Content-Type: text/event-stream;charset=UTF-8\r\n"
                                    : "Content-Type: text/event-stream;charset=utf-8\r\n";
    if (!via.empty()) {
        out += fmt::format("X-Marathon-Via: 1.1 {}\r\nTransfer-Encoding: chunked\r\n", via);
    }
    return out + "Connection: close\r\nServer: Jetty(9.3.z-SNAPSHOT)\r\n\r\n";
}

Answer rendered_answer(const Request& request, const Scene& scene, Rendering rendering) {
    constexpr std::size_t first_bytes = 256 << 10;
    Answer answer{.body = {}, .location = {}};
    const std::size_t bytes = request.minor_version == 0 ? answer.body.max_size() : first_bytes;
    if (!rendering.append(scene, answer.body, bytes)) {
        answer.rest = std::move(rendering);
    }
    return answer;
}

Answer rest_answer(const Request& request, const Cast& cast) {
    using Make = std::function<Answer()>;
    const Scene& scene = cast.scene;
    const auto text = [](std::string_view type, std::string body) {
        return Answer{.type = std::string(type), .body = std::move(body), .location = {}};
    };
    const auto json = [&](Rendering rendering) {
        return rendered_answer(request, scene, std::move(rendering));
    };
    const std::string_view plain = "text/plain;charset=utf-8";
    const std::string_view plain_json = "application/json";
    const bool table = !accepts(request, plain_json);
    const std::array<std::pair<std::string_view, Make>, 7> routes{{
        {"/ping", [&] { return text(plain, "pong"); }},
        {"/v2/info",
         [&] { return text(plain_json, info_snapshot(scene, cast.leader, cast.framework_id)); }},
        {"/v2/leader", [&] { return text(plain_json, leader_body(cast.leader)); }},
        {"/v2/apps", [&] { return json(apps_snapshot(request)); }},
        {"/v2/tasks",
         [&] { return table ? text(plain, tasks_table(scene)) : json(tasks_snapshot(request)); }},
        {"/v2/deployments", [&] { return json(deployments_snapshot()); }},
        {"/v2/pods/::status", [&] { return json(pods_snapshot()); }},
    }};
    const auto route = std::find_if(routes.begin(), routes.end(), [&](const auto& r) {
        return r.first == request.path;
    });
    const bool pods = has_instances(scene.cluster.dialect());
    if (route == routes.end() || (!pods && request.path == "/v2/pods/::status")) {
        return error_answer(404, "Not Found");
    }
    if (request.method != "GET" && request.method != "HEAD") {
        return error_answer(405, "Method Not Allowed");
    }
    return route->second();
}

std::string http_date(TimeMs time) {
    return fmt::format(
        "{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(static_cast<std::time_t>(time / 1000))
    );
}

}  // namespace tally::simulate
