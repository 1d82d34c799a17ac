#include <algorithm>
#include <zstd.h>
#include <zstd_errors.h>

#include "connect/unpacker.hpp"
#include "tally/base/assert.hpp"

namespace tally::connect {
namespace {

struct FreeStream {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

class ZstdUnpacker final : public Unpacker {
  public:
    ZstdUnpacker() : stream_(ZSTD_createDStream()) {
        TALLY_ASSERT(stream_ != nullptr);
        wanted_ = ZSTD_initDStream(stream_.get());
    }

    // Never more than the library asks for, that is one block: a call that finds damage makes
    // nothing, and the good blocks before it must not be lost with it.
    Step step(std::string_view packed, std::span<char> plain) override {
        ZSTD_inBuffer in{
            packed.data(), std::min(packed.size(), std::max<std::size_t>(wanted_, 1)), 0};
        ZSTD_outBuffer out{plain.data(), plain.size(), 0};
        const auto code = ZSTD_decompressStream(stream_.get(), &out, &in);
        if (ZSTD_isError(code) != 0) {
            return {in.pos, out.pos, fault(code)};
        }
        if (in.pos > 0 || out.pos > 0) {
            between_frames_ = code == 0;
            frames_ += between_frames_ ? 1 : 0;
        }
        wanted_ = code;
        return {in.pos, out.pos, {}};
    }

    bool may_end() const override { return between_frames_; }

    std::string_view name() const override { return "zstd"; }

  private:
    std::string fault(std::size_t code) const {
        const std::string what = ZSTD_getErrorName(code);
        const bool garbage = frames_ > 0 && ZSTD_getErrorCode(code) == ZSTD_error_prefix_unknown;
        return garbage ? "damaged zstd: something else follows its last frame"
                       : "damaged zstd: " + what;
    }

    std::unique_ptr<ZSTD_DStream, FreeStream> stream_;
    std::size_t wanted_ = 0;
    bool between_frames_ = false;
    std::size_t frames_ = 0;
};

}  // namespace

std::unique_ptr<Unpacker> make_zstd_unpacker() {
    return std::make_unique<ZstdUnpacker>();
}

}  // namespace tally::connect
