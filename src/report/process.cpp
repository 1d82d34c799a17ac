#include "report/process.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <prometheus/collectable.h>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

#include "report/self_families.hpp"
#include "tally/report/self.hpp"

namespace tally::report {

namespace {

using prometheus::MetricFamily;

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end != text.data() ? std::optional(value) : std::nullopt;
}

std::string read_file(const char* path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::optional<std::uint64_t> open_fds() {
    std::error_code error;
    std::filesystem::directory_iterator entry("/proc/self/fd", error);
    std::uint64_t count = 0;
    for (const std::filesystem::directory_iterator end; !error && entry != end;
         entry.increment(error)) {
        ++count;
    }
    // One of them is the folder being read.
    return error || count == 0 ? std::nullopt : std::optional(count - 1);
}

class ProcessCollectable final : public prometheus::Collectable {
  public:
    [[nodiscard]] std::vector<MetricFamily> Collect() const override {
        std::vector<MetricFamily> families;
        const auto add = [&families](std::string_view name, double value) {
            prometheus::ClientMetric& metric =
                families.emplace_back(self_family(name)).metric.emplace_back();
            metric.counter.value = value;
            metric.gauge.value = value;
        };
        const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
        const auto stat = parse_process_stat(read_file("/proc/self/stat"));
        if (stat) {
            add("process_cpu_seconds_total",
                static_cast<double>(stat->cpu_ticks) / ticks_per_second);
            add("process_resident_memory_bytes",
                static_cast<double>(stat->resident_pages) *
                    static_cast<double>(sysconf(_SC_PAGESIZE)));
            add("process_virtual_memory_bytes", static_cast<double>(stat->virtual_bytes));
        }
        if (const auto count = open_fds()) {
            add("process_open_fds", static_cast<double>(*count));
        }
        rlimit limit{};
        if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
            add("process_max_fds", static_cast<double>(limit.rlim_cur));
        }
        if (const auto boot = parse_boot_time(read_file("/proc/stat")); boot && stat) {
            add("process_start_time_seconds",
                static_cast<double>(*boot) +
                    static_cast<double>(stat->start_ticks) / ticks_per_second);
        }
        return families;
    }
};

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
    // pid (name) state ppid ...: the fields are counted from behind the last parenthesis, where
    // state is 3.
    const std::size_t name_end = text.rfind(") ");
    if (name_end == std::string_view::npos) {
        return std::nullopt;
    }
    text.remove_prefix(name_end + 2);
    ProcessStat stat;
    constexpr int last_field = 24;
    for (int field = 3; field <= last_field; ++field) {
        const std::size_t end = text.find(' ');
        if (end == std::string_view::npos && field != last_field) {
            return std::nullopt;
        }
        const auto value = number(text.substr(0, end));
        const bool wanted = field == 14 || field == 15 || field >= 22;
        if (wanted && !value) {
            return std::nullopt;
        }
        if (field == 14 || field == 15) {
            stat.cpu_ticks += *value;
        } else if (field == 22) {
            stat.start_ticks = *value;
        } else if (field == 23) {
            stat.virtual_bytes = *value;
        } else if (field == last_field) {
            stat.resident_pages = *value;
        }
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return stat;
}

std::optional<std::uint64_t> parse_boot_time(std::string_view text) {
    constexpr std::string_view key = "\nbtime ";
    const std::size_t at = text.find(key);
    return at == std::string_view::npos ? std::nullopt : number(text.substr(at + key.size()));
}

std::shared_ptr<prometheus::Collectable> process_collectable() {
    return std::make_shared<ProcessCollectable>();
}

}  // namespace tally::report
