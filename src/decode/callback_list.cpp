#include "tally/decode/callback_list.hpp"

#include <simdjson.h>

namespace tally::decode {

Result<bool> lists_callback(std::string_view body, std::string_view url) {
    const Error fault{"not a list of callbackUrls"};
    simdjson::dom::parser parser;
    simdjson::dom::array urls;
    if (parser.parse(body.data(), body.size())["callbackUrls"].get(urls) != simdjson::SUCCESS) {
        return fault;
    }
    bool listed = false;
    for (const simdjson::dom::element element : urls) {
        std::string_view one;
        if (element.get(one) != simdjson::SUCCESS) {
            return fault;
        }
        listed = listed || one == url;
    }
    return listed;
}

}  // namespace tally::decode
