#include "tally/serve/negotiate.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace tally::serve {

namespace {

/// `name;key=value;q=0.5`: one element of an Accept or Accept-Encoding header, lower case, weight
/// in thousandths.
struct Element {
    std::string name;
    std::string version{};
    int weight = 1000;
};

std::string lower_trimmed(std::string_view text) {
    const std::size_t from = text.find_first_not_of(" \t");
    if (from == std::string_view::npos) {
        return {};
    }
    std::string result(text.substr(from, text.find_last_not_of(" \t") - from + 1));
    std::transform(result.begin(), result.end(), result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

/// RFC 9110's qvalue: 0, 1, or either with up to three decimals; anything else weighs nothing.
int parse_weight(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') ||
        (text.size() > 1 && text[1] != '.')) {
        return 0;
    }
    int weight = (text[0] - '0') * 1000;
    int scale = 100;
    for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
        if (c < '0' || c > '9') {
            return 0;
        }
        weight += (c - '0') * scale;
        scale /= 10;
    }
    return weight <= 1000 ? weight : 0;
}

std::string_view next_part(std::string_view& rest, char separator) {
    const std::string_view part = rest.substr(0, rest.find(separator));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    return part;
}

std::vector<Element> parse(std::string_view header) {
    std::vector<Element> elements;
    while (!header.empty()) {
        std::string_view rest = next_part(header, ',');
        Element element{.name = lower_trimmed(next_part(rest, ';'))};
        while (!rest.empty()) {
            const std::string parameter = lower_trimmed(next_part(rest, ';'));
            if (parameter.starts_with("q=")) {
                element.weight = parse_weight(std::string_view(parameter).substr(2));
            } else if (parameter.starts_with("version=")) {
                element.version = parameter.substr(8);
                std::erase(element.version, '"');
            }
        }
        elements.push_back(std::move(element));
    }
    return elements;
}

}  // namespace

report::Format negotiate_format(std::string_view accept) {
    int openmetrics = 0;
    int text = 0;
    int any = 0;
    bool text_named = false;
    for (const Element& element : parse(accept)) {
        const bool any_version = element.version.empty();
        if (element.name == "application/openmetrics-text" &&
            (any_version || element.version == "1.0.0")) {
            openmetrics = std::max(openmetrics, element.weight);
        } else if (element.name == "text/plain" && (any_version || element.version == "0.0.4")) {
            text = std::max(text, element.weight);
            text_named = true;
        } else if (element.name == "text/*" || element.name == "*/*") {
            any = std::max(any, element.weight);
        }
    }
    const int text_weight = text_named ? text : any;
    return openmetrics > 0 && openmetrics >= text_weight ? report::Format::openmetrics
                                                         : report::Format::text;
}

bool accepts_gzip(std::string_view accept_encoding) {
    int any = 0;
    for (const Element& element : parse(accept_encoding)) {
        if (element.name == "gzip" || element.name == "x-gzip") {
            return element.weight > 0;
        }
        if (element.name == "*") {
            any = element.weight;
        }
    }
    return any > 0;
}

}  // namespace tally::serve
