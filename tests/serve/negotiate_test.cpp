#include "tally/serve/negotiate.hpp"

#include <gtest/gtest.h>

namespace tally::serve {

namespace {

using report::Format;

TEST(NegotiateTest, ChoosesTheFormatOfAnAcceptHeader) {
    const std::vector<std::pair<const char*, Format>> table{
        {"", Format::text},
        {"*/*", Format::text},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Format::text},
        {"text/plain", Format::text},
        {"text/plain;version=0.0.4;q=1,*/*;q=0.1", Format::text},
        {"application/openmetrics-text", Format::openmetrics},
        {"application/openmetrics-text; version=1.0.0; charset=utf-8", Format::openmetrics},
        {"Application/OpenMetrics-Text; Version=\"1.0.0\"", Format::openmetrics},
        // Prometheus 2.42, then the same with native histograms, then Prometheus 3.
        {"application/openmetrics-text;version=1.0.0,application/"
         "openmetrics-text;version=0.0.1;q=0.75,"
         "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         Format::openmetrics},
        {"application/"
         "vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
         "application/openmetrics-text;version=1.0.0;q=0.8,application/"
         "openmetrics-text;version=0.0.1;q=0.75,"
         "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         Format::openmetrics},
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
         "application/openmetrics-text;version=0.0.1;q=0.4,text/"
         "plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
         "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
         Format::openmetrics},
        {"application/"
         "vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
         Format::text},
        {"application/openmetrics-text;version=0.0.1", Format::text},
        {"application/openmetrics-text;version=2.0.0, text/plain", Format::text},
        {"application/openmetrics-text;q=0.5, text/plain", Format::text},
        {"application/openmetrics-text;q=0.5, text/plain;q=0.4", Format::openmetrics},
        {"application/openmetrics-text;q=0.500, text/plain;q=0.501", Format::text},
        {"application/openmetrics-text, text/plain", Format::openmetrics},
        {"application/openmetrics-text;q=0", Format::text},
        {"application/openmetrics-text;q=x", Format::text},
        {"application/openmetrics-text;q=1.5", Format::text},
        {"application/openmetrics-text;q=0.3, */*;q=0.9", Format::text},
        {"application/openmetrics-text;q=0.3, */*;q=0.9, text/plain;q=0.1", Format::openmetrics},
        {" ,;,=;q=,application/openmetrics-text", Format::openmetrics},
    };
    for (const auto& [accept, format] : table) {
        EXPECT_EQ(negotiate_format(accept), format) << accept;
    }
}

TEST(NegotiateTest, SeesWhetherGzipIsTaken) {
    const std::vector<std::pair<const char*, bool>> table{
        {"", false},
        {"gzip", true},
        {"GZIP", true},
        {"x-gzip", true},
        {"deflate, gzip;q=1.0, *;q=0.5", true},
        {"gzip;q=0", false},
        {"gzip; q=0.000", false},
        {"gzip;q=0.001", true},
        {"*", true},
        {"*;q=0", false},
        {"identity", false},
        {"*, gzip;q=0", false},
        {"br, zstd", false},
        {"gzipped", false},
        {"gzip;q=", false},
    };
    for (const auto& [accepted, taken] : table) {
        EXPECT_EQ(accepts_gzip(accepted), taken) << accepted;
    }
}

TEST(NegotiateTest, ContentTypesAreThoseOfTheFormats) {
    EXPECT_EQ(content_type(Format::text), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_EQ(
        content_type(Format::openmetrics),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
}

}  // namespace

}  // namespace tally::serve
