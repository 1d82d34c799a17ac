#include "tally/serve/pages.hpp"

#include <algorithm>

#include "tally/base/json.hpp"
#include "tally/base/assert.hpp"

namespace tally::serve {

namespace {

constexpr std::string_view page_head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>marathon-tally</title>
<style>
body { font-family: sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em; line-height: 1.4; }
th, td { text-align: left; padding: 0.2em 1em 0.2em 0; }
.bad { color: #b00020; }
</style>
</head>
<body>
)";

std::string html(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

std::string link(std::string_view path, std::string_view text) {
    return "<li><a href=\"" + html(path) + "\">" + html(text) + "</a></li>\n";
}

std::string sources_table(const std::vector<Landing::Source>& sources) {
    if (sources.empty()) {
        return "<p>No source is configured.</p>\n";
    }
    std::string table = "<table>\n<tr><th>source</th><th>state</th><th>address</th></tr>\n";
    for (const Landing::Source& source : sources) {
        table += "<tr><td>" + html(source.name) + "</td><td" +
                 (source.good ? ">" : " class=\"bad\">") + html(source.state) + "</td><td>" +
                 html(source.url) + "</td></tr>\n";
    }
    return table + "</table>\n";
}

std::string reasons_list(const std::vector<ReadyReason>& reasons) {
    if (reasons.empty()) {
        return "<p>Ready.</p>\n";
    }
    std::string list = is_ready(reasons) ? "<p class=\"bad\">Ready, but:</p>\n<ul>\n"
                                         : "<p class=\"bad\">Not ready:</p>\n<ul>\n";
    for (const ReadyReason& reason : reasons) {
        list += "<li>" + (reason.source ? html(*reason.source) + ": " : std::string()) +
                std::string(to_string(reason.reason)) + " since " + format_timestamp(reason.since) +
                (reason.detail.empty() ? std::string() : ", " + html(reason.detail)) + "</li>\n";
    }
    return list + "</ul>\n";
}

}  // namespace

std::string_view to_string(NotReady reason) {
    switch (reason) {
        case NotReady::never_attached:
            return "never_attached";
        case NotReady::disconnected:
            return "disconnected";
        case NotReady::reconciling:
            return "reconciling";
        case NotReady::other_cluster:
            return "other_cluster";
        case NotReady::history_unwritable:
            return "history_unwritable";
        case NotReady::starting:
            return "starting";
        case NotReady::shutting_down:
            return "shutting_down";
    }
    TALLY_ASSERT(false);
    return {};
}

bool is_ready(std::span<const ReadyReason> reasons) {
    return std::all_of(reasons.begin(), reasons.end(), [](const ReadyReason& reason) { return reason.tolerated; });
}

Response ready_response(std::span<const ReadyReason> reasons) {
    const bool ready = is_ready(reasons);
    Response response{.status = ready ? 200 : 503, .content_type = "application/json", .body = {}};
    std::string& body = response.body;
    body = ready ? "{\"ready\":true,\"reasons\":[" : "{\"ready\":false,\"reasons\":[";
    for (std::size_t i = 0; i < reasons.size(); ++i) {
        body += i == 0 ? "{\"source\":" : ",{\"source\":";
        if (reasons[i].source) {
            append_json_string(body, *reasons[i].source);
        } else {
            body += "null";
        }
        body.append(",\"reason\":\"").append(to_string(reasons[i].reason));
        body.append("\",\"since\":\"")
            .append(format_timestamp(reasons[i].since))
            .append("\",\"detail\":");
        append_json_string(body, reasons[i].detail);
        body += '}';
    }
    body += "]}\n";
    return response;
}

Response healthy_response() {
    return {
        .status = 200,
        .content_type = "text/plain; charset=utf-8",
        .body = "marathon-tally is healthy.\n"};
}

Response unavailable_response(std::string_view what, int retry_after_s) {
    Response response = error_response(503, what);
    response.headers.emplace_back("Retry-After", std::to_string(retry_after_s));
    return response;
}

Response landing_response(const Landing& landing) {
    std::string links =
        link("/metrics", "metrics") + link("/-/ready", "ready") + link("/-/healthy", "healthy");
    for (const Landing::Link& one : landing.links) {
        links += link(one.path, one.text);
    }
    return {
        .status = 200,
        .content_type = "text/html; charset=utf-8",
        .body = std::string(page_head) + "<h1>marathon-tally</h1>\n<p>version " +
                html(landing.version) + "</p>\n" + sources_table(landing.sources) +
                reasons_list(landing.reasons) + "<ul>\n" + links + "</ul>\n</body>\n</html>\n",
        .headers = {{"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"}}};
}

}  // namespace tally::serve
