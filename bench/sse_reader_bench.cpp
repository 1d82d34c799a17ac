// Framing against the plain search for line ends over the same bytes, which no reader can beat.
#include <cstring>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include "tally/connect/line_reader.hpp"
#include "tally/connect/sse_reader.hpp"

namespace {

using tally::connect::body_padding;
using tally::connect::Frame;
using tally::connect::FrameSink;
using tally::connect::LineReader;
using tally::connect::SseReader;

constexpr std::size_t event_bytes_max = std::size_t{64} << 20;
constexpr std::size_t chunk_bytes = std::size_t{1} << 20;
constexpr int events_count = 20000;

/// About 400 bytes, as Marathon's status updates are.
std::string event_body(int number) {
    return R"({"slaveId":"8a9b6b47-2f0c-4c4e-9df7-0a94c2b1b2c7-S)" + std::to_string(number % 50) +
           R"(","taskId":"shop_cart_)" + std::to_string(number) +
           R"(.instance-0ca65a1a-52a5-11e9-98be-0242ac110003._app.1","taskStatus":"TASK_RUNNING","message":"",)"
           R"("appId":"/shop/cart","host":"10.0.3.17","ipAddresses":[{"ipAddress":"10.0.3.17","protocol":"IPv4"}],)"
           R"("ports":[31021,31022],"version":"2019-08-20T10:00:00.001Z","eventType":"status_update_event",)"
           R"("timestamp":"2019-08-20T10:00:00.)" +
           std::to_string(100 + number % 900) + R"(Z"})";
}

std::string sse_bytes() {
    std::string bytes;
    for (int i = 0; i < events_count; ++i) {
        bytes += "event: status_update_event\r\ndata: " + event_body(i) + "\r\n\r\n";
    }
    return bytes + std::string(body_padding, '\0');
}

std::string ndjson_bytes() {
    std::string bytes;
    for (int i = 0; i < events_count; ++i) {
        bytes += event_body(i) + "\n";
    }
    return bytes + std::string(body_padding, '\0');
}

void report(benchmark::State& state, std::size_t bytes) {
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
    state.SetItemsProcessed(std::int64_t{events_count} * state.iterations());
}

std::string_view text_of(const std::string& padded) {
    return std::string_view(padded).substr(0, padded.size() - body_padding);
}

void line_ends_by_memchr(benchmark::State& state, const std::string& padded) {
    const auto text = text_of(padded);
    for (auto _ : state) {
        std::size_t lines = 0;
        for (const char* at = text.data(); at != nullptr; ++lines) {
            at = static_cast<const char*>(
                std::memchr(at, '\n', static_cast<std::size_t>(text.data() + text.size() - at))
            );
            at = at == nullptr ? at : at + 1;
        }
        benchmark::DoNotOptimize(lines);
    }
    report(state, text.size());
}

template <class Reader>
void frames_by_reader(benchmark::State& state, const std::string& padded, std::size_t feed_bytes) {
    const auto text = text_of(padded);
    std::size_t total = 0;
    const FrameSink sink = [&total](const Frame& frame) { total += frame.data.size(); };
    for (auto _ : state) {
        Reader reader(event_bytes_max);
        for (std::size_t at = 0; at < text.size(); at += feed_bytes) {
            reader.feed(text.substr(at, feed_bytes), true, sink);
        }
        benchmark::DoNotOptimize(total);
    }
    report(state, text.size());
}

const std::string sse = sse_bytes();
const std::string ndjson = ndjson_bytes();

void sse_frames(benchmark::State& state, std::size_t feed_bytes) {
    frames_by_reader<SseReader>(state, sse, feed_bytes);
}

void ndjson_frames(benchmark::State& state, std::size_t feed_bytes) {
    frames_by_reader<LineReader>(state, ndjson, feed_bytes);
}

BENCHMARK_CAPTURE(line_ends_by_memchr, sse, sse);
BENCHMARK_CAPTURE(sse_frames, chunks_of_1_MiB, chunk_bytes);
BENCHMARK_CAPTURE(sse_frames, reads_of_1460_bytes, 1460);
BENCHMARK_CAPTURE(line_ends_by_memchr, ndjson, ndjson);
BENCHMARK_CAPTURE(ndjson_frames, chunks_of_1_MiB, chunk_bytes);

}  // namespace
