#include "rejections.hpp"

#include "valid_utf8.hpp"

namespace tally::model {

void Rejections::add(const World::Rejected& rejected, Seq seq, Batch& out) {
    constexpr std::int64_t samples_max = 100;
    constexpr std::size_t sample_bytes_max = 4096;
    const auto reason = static_cast<std::size_t>(rejected.reason);
    begin_minute(rejected.received);
    const bool keep_sample = in_minute_[reason]++ < samples_max;
    out.rejected.push_back(
        {.source = books_.source,
         .received = rejected.received,
         .seq = seq,
         .reason = decode::to_string(rejected.reason),
         .what = out.text.keep(rejected.what),
         .sample = keep_sample
                       ? out.text.keep(valid_utf8(rejected.sample.substr(0, sample_bytes_max)))
                       : std::string_view{}}
    );
    books_.numbers.add(Family::rejected, no_app, static_cast<Code>(reason), 0, 1);
}

void Rejections::begin_minute(TimeMs received) {
    constexpr TimeMs minute_ms = 60'000;
    const TimeMs minute = received / minute_ms;
    if (minute != minute_) {
        minute_ = minute;
        in_minute_ = {};
    }
}

void Rejections::restore(decode::RejectReason reason, TimeMs received, std::int64_t count) {
    begin_minute(received);
    in_minute_[static_cast<std::size_t>(reason)] += count;
}

}  // namespace tally::model
