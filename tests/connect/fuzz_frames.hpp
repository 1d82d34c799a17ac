#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "tally/connect/frame.hpp"

namespace tally::connect {

/// The frames that a reader made of a fuzzer's input, with the promises of Frame checked.
class FuzzFrames {
  public:
    /// Pieces as long as the input's own bytes say, so that the fuzzer chooses the cuts.
    static std::vector<std::string_view> cuts_of(std::string_view input) {
        std::vector<std::string_view> pieces;
        std::size_t turn = 0;
        while (!input.empty()) {
            const auto length = static_cast<unsigned char>(input[turn++ % input.size()]) % 9U;
            pieces.push_back(input.substr(0, length));
            input.remove_prefix(pieces.back().size());
            if (length == 0 && turn % 4 == 0) {
                pieces.push_back(input.substr(0, 1));
                input.remove_prefix(1);
            }
        }
        return pieces;
    }

    FrameSink sink() {
        return [this](const Frame& frame) { add(frame); };
    }

    /// Each piece from its own allocation, alternately with and without padding.
    template <class Reader>
    void feed_all(Reader& reader, const std::vector<std::string_view>& pieces) {
        bool padded = pieces.size() % 2 == 0;
        for (const auto piece : pieces) {
            std::vector<char> bytes(piece.begin(), piece.end());
            bytes.resize(piece.size() + (padded ? body_padding : 0), 'P');
            bytes.shrink_to_fit();
            reader.feed({bytes.data(), piece.size()}, padded, sink());
            padded = !padded;
        }
    }

    std::vector<std::tuple<std::string, std::uint64_t, bool>> frames;

  private:
    void add(const Frame& frame) {
        unsigned sum = 0;
        for (std::size_t i = 0; i < frame.data.size() + body_padding; ++i) {
            sum += static_cast<unsigned char>(frame.data.data()[i]);
        }
        padding_sum_ = sum;
        const bool kept = frame.too_large ? frame.data.size() <= too_large_kept_bytes
                                          : frame.data.size() == frame.bytes;
        if (frame.data.empty() || !kept || frame.data.size() > frame.bytes) {
            std::abort();
        }
        frames.emplace_back(frame.data, frame.bytes, frame.too_large);
    }

    volatile unsigned padding_sum_ = 0;
};

}  // namespace tally::connect
