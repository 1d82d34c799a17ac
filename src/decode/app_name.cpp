#include "decode/app_name.hpp"

#include <algorithm>

#include "tally/base/ids.hpp"

namespace tally::decode {

std::string_view AppName::from_id(std::string_view id) {
    const ids::Parsed parsed = ids::parse(id);
    if (parsed.form == ids::Parsed::Form::none) {
        return {};
    }
    buffer_.assign(1, '/');
    buffer_.append(parsed.safe_app);
    std::replace(buffer_.begin() + 1, buffer_.end(), '_', '/');
    return buffer_;
}

std::string_view AppName::from_uri(std::string_view uri, std::string_view root) {
    if (!uri.starts_with(root)) {
        return {};
    }
    uri.remove_prefix(root.size());
    uri = uri.substr(0, uri.find_first_of("?#"));
    uri = uri.substr(0, uri.find("::"));
    buffer_.clear();
    for (std::size_t at = 0; at < uri.size();) {
        const std::string_view rest = uri.substr(at);
        const bool escaped = rest.starts_with("%2F") || rest.starts_with("%2f");
        const char c = escaped ? '/' : rest.front();
        at += escaped ? 3 : 1;
        if (c != '/' || !buffer_.ends_with('/')) {
            buffer_ += c;
        }
    }
    if (buffer_.ends_with('/')) {
        buffer_.pop_back();
    }
    return buffer_.starts_with('/') ? std::string_view(buffer_) : std::string_view{};
}

}  // namespace tally::decode
