// /sim/: what steers the simulation and tells the truth about it. Never asks for credentials.
//
//   POST /sim/step?events=N   publishes N events (rate 0: the only ones)
//   POST /sim/pause, /sim/resume
//   POST /sim/close           as fault `close`
//   POST /sim/fault?kind=KIND&NAME=VALUE...   any fault of trouble.hpp
//   GET  /sim/faults          those in force, the last 256 orders ("TIME EVENTS ORDER")
//   POST /sim/scenario        body: a scenario; or ?name= of a ready one; replaces the one before
//   POST /sim/token?value=T   the token that holds from now on
//   POST /sim/settle          no faults, no scenario, nothing held back, paused
//   GET  /sim/sent            counters of the bus
//   GET  /sim/totals          what a listener who hears everything must count
//   GET  /sim/truth           who is there now (truth.hpp), and which events went to which stream
#include <algorithm>

#include "simulate/json_text.hpp"
#include "simulate/server_inside.hpp"
#include "simulate/truth.hpp"
#include "simulate/words.hpp"

namespace tally::simulate {

namespace {

constexpr std::uint64_t step_events_max = 10'000'000;

template <class Texts>
void write_list(Json& json, const Texts& texts) {
    json.raw("[");
    std::string_view comma;
    for (const auto& text : texts) {
        json.raw(comma).escaped(text);
        comma = ",";
    }
    json.raw("]");
}

void write_stream(Json& json, const PastStream& stream, bool open) {
    json.raw(R"({"number":)").number(stream.number).raw(R"(,"peer":)").plain(stream.peer);
    json.raw(R"(,"open":)").boolean(open).raw(R"(,"since":)").number(stream.since);
    json.raw(R"(,"until":)").number(stream.until).raw(",");
    stream.events.write(json);
    json.raw("}");
}

}  // namespace

asio::awaitable<Answer> Server::Inside::control(Request request) {
    const bool post = request.method == "POST";
    const std::string& path = request.path;
    if (path == "/sim/totals") {
        Answer counted{.body = feed.totals(), .location = {}};
        co_return counted;
    }
    if (path == "/sim/truth") {
        co_return truth(request);
    }
    if (path == "/sim/faults") {
        co_return faults();
    }
    if (post && path == "/sim/step") {
        const std::vector<std::string_view> wanted = request.parameter("events");
        const auto events = wanted.empty() ? 1 : number_of<std::uint64_t>(wanted[0]).value_or(1);
        co_await publish_some(std::min(events, step_events_max));
        co_return state();
    }
    if (path == "/sim/sent") {
        co_return state();
    }
    if (post) {
        co_return control_faults(request);
    }
    co_return error_answer(404, "Not Found");
}

Answer Server::Inside::control_faults(const Request& request) {
    const std::string& path = request.path;
    if (path == "/sim/fault") {
        const std::vector<std::string_view> kind = request.parameter("kind");
        Arguments arguments = request.parameters;
        std::erase_if(arguments, [](const auto& argument) { return argument.first == "kind"; });
        const Result<Trouble> trouble =
            make_trouble(kind.empty() ? std::string_view() : kind.front(), arguments);
        if (!trouble) {
            return error_answer(400, trouble.error().what);
        }
        order(*trouble);
    } else if (path == "/sim/close") {
        order(default_trouble(TroubleKind::close));
    } else if (path == "/sim/pause" || path == "/sim/resume") {
        paused = path == "/sim/pause";
    } else if (path == "/sim/settle") {
        settle();
    } else if (path == "/sim/token") {
        const std::vector<std::string_view> value = request.parameter("value");
        credentials.set_token(value.empty() ? std::string() : std::string(value.front()));
    } else if (path == "/sim/scenario") {
        const std::vector<std::string_view> name = request.parameter("name");
        const auto text = name.empty() ? std::optional<std::string_view>(request.body)
                                       : ready_scenario(name.front());
        if (!text) {
            return error_answer(400, "there is no such scenario");
        }
        Result<Scenario> parsed = Scenario::parse(*text, options.shape.seed);
        if (!parsed) {
            return error_answer(400, parsed.error().what);
        }
        scenario = std::move(*parsed);
        conductor.cancel();
        tend();
    } else {
        return error_answer(404, "Not Found");
    }
    return state();
}

Answer Server::Inside::state() {
    std::uint64_t all_dropped = dropped;
    for (const std::shared_ptr<Stream>& stream : streams) {
        all_dropped += stream->backlog.dropped();
    }
    Answer answer{.body = {}, .location = {}};
    Json(answer.body)
        .raw(R"({"sent":)")
        .number(feed.sent())
        .raw(R"(,"streams":)")
        .number(streams.size())
        .raw(R"(,"attached":)")
        .number(streams_ever)
        .raw(R"(,"lost":)")
        .number(lost.count())
        .raw(R"(,"unheard":)")
        .number(unheard.count())
        .raw(R"(,"held":)")
        .number(lagging.size())
        .raw(R"(,"leader":)")
        .plain(url_of(leading))
        .raw(R"(,"scenario":)")
        .boolean(scenario && !scenario->ended())
        .raw(R"(,"dropped":)")
        .number(all_dropped)
        .raw("}");
    return answer;
}

Answer Server::Inside::truth(const Request& request) {
    catch_up();
    std::string head;
    Json(head).raw(R"("sent":)").number(feed.sent()).raw(R"(,"delivered":)").number(delivered);
    std::string tail = R"(,"lost":{)";
    Json json(tail);
    lost.write(json);
    json.raw(R"(},"unheard":{)");
    unheard.write(json);
    json.raw(R"(},"callbacks":)").raw(callbacks.counts()).raw(R"(,"streams":[)");
    std::string_view comma;
    for (const PastStream& stream : past_streams) {
        json.raw(comma);
        write_stream(json, stream, false);
        comma = ",";
    }
    for (const std::shared_ptr<Stream>& stream : streams) {
        json.raw(comma);
        write_stream(
            json,
            {.number = stream->number,
             .peer = stream->connection->channel.peer_address(),
             .since = stream->since,
             .until = delivered,
             .events = stream->delivered.events()},
            true
        );
        comma = ",";
    }
    json.raw("]");
    const Scene scene = scene_of(feed.life());
    Answer answer = rendered_answer(request, scene, truth_of(std::move(head), std::move(tail)));
    if (answer.rest) {
        answer.moment = picture();
    }
    return answer;
}

Answer Server::Inside::faults() {
    Answer answer{.body = {}, .location = {}};
    Json json(answer.body);
    json.raw(R"({"in_force":)");
    write_list(json, troubles.in_force());
    json.raw(R"(,"orders":)");
    write_list(json, past_orders);
    json.raw("}");
    return answer;
}

}  // namespace tally::simulate
