#include <algorithm>
#include <limits>
#include <zlib.h>

#include "connect/unpacker.hpp"
#include "tally/base/assert.hpp"

namespace tally::connect {
namespace {

constexpr int gzip_only = 15 + 16;  // inflateInit2: largest window, gzip header and no other

uInt as_uint(std::size_t size) {
    return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

class GzipUnpacker final : public Unpacker {
  public:
    GzipUnpacker() { TALLY_ASSERT(inflateInit2(&stream_, gzip_only) == Z_OK); }

    GzipUnpacker(const GzipUnpacker&) = delete;
    GzipUnpacker& operator=(const GzipUnpacker&) = delete;

    ~GzipUnpacker() override { inflateEnd(&stream_); }

    Step step(std::string_view packed, std::span<char> plain) override {
        if (between_members_) {
            if (packed.empty()) {
                return {};
            }
            between_members_ = false;
            inflateReset(&stream_);
        }
        // zlib takes a pointer to non-const and does not write through it.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
        stream_.avail_in = as_uint(packed.size());
        stream_.next_out = reinterpret_cast<Bytef*>(plain.data());
        stream_.avail_out = as_uint(plain.size());
        const auto in_before = stream_.avail_in;
        const auto out_before = stream_.avail_out;
        const int code = inflate(&stream_, Z_NO_FLUSH);
        Step done{in_before - stream_.avail_in, out_before - stream_.avail_out, {}};
        if (code == Z_STREAM_END) {
            between_members_ = true;
            ++members_;
        } else if (code != Z_OK && code != Z_BUF_ERROR) {
            done.fault = fault();
        }
        return done;
    }

    bool may_end() const override { return between_members_; }

    std::string_view name() const override { return "gzip"; }

  private:
    std::string fault() const {
        const std::string what = stream_.msg == nullptr ? "bad data" : stream_.msg;
        const bool garbage = members_ > 0 && what == "incorrect header check";
        return garbage ? "damaged gzip: something else follows its last member"
                       : "damaged gzip: " + what;
    }

    z_stream stream_ = {};
    bool between_members_ = false;  // at the beginning we are inside the first member's header
    std::size_t members_ = 0;
};

}  // namespace

std::unique_ptr<Unpacker> make_gzip_unpacker() {
    return std::make_unique<GzipUnpacker>();
}

}  // namespace tally::connect
