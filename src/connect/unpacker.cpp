#include "connect/unpacker.hpp"

#include <algorithm>
#include <cstring>

namespace tally::connect {
namespace {

class PlainUnpacker final : public Unpacker {
  public:
    Step step(std::string_view packed, std::span<char> plain) override {
        const auto count = std::min(packed.size(), plain.size());
        std::copy_n(packed.begin(), count, plain.begin());
        return {count, count, {}};
    }

    bool may_end() const override { return true; }

    std::string_view name() const override { return "plain"; }
};

// A frame, or one of the sixteen kinds of skippable frames, with which pzstd begins its files.
bool is_zstd(std::string_view first_bytes) {
    if (first_bytes.starts_with("\x28\xB5\x2F\xFD")) {
        return true;
    }
    return first_bytes.size() >= 4 && (first_bytes[0] & '\xF0') == '\x50' &&
           first_bytes.substr(1, 3) == "\x2A\x4D\x18";
}

}  // namespace

std::unique_ptr<Unpacker> unpacker_for(std::string_view first_bytes) {
    if (first_bytes.starts_with("\x1F\x8B")) {
        return make_gzip_unpacker();
    }
    if (is_zstd(first_bytes)) {
        return make_zstd_unpacker();
    }
    return std::make_unique<PlainUnpacker>();
}

}  // namespace tally::connect
