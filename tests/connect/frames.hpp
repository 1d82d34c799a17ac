#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tally/connect/frame.hpp"

namespace tally::connect {

/// A Frame that outlives its callback, for comparing.
struct KeptFrame {
    std::string data;
    std::uint64_t bytes = 0;
    bool too_large = false;
    friend bool operator==(const KeptFrame&, const KeptFrame&) = default;
};

inline void PrintTo(const KeptFrame& frame, std::ostream* out) {
    *out << (frame.too_large ? "too large " : "") << frame.bytes
         << " bytes: " << frame.data.substr(0, 100);
}

/// Collects frames; reads the padding behind each, so that a sanitizer would notice if it were not
/// there.
class FrameLog {
  public:
    FrameSink sink() {
        return [this](const Frame& frame) { add(frame); };
    }

    std::vector<KeptFrame> frames;
    std::vector<const char*> places;
    std::vector<bool> in_place;
    unsigned padding_sum = 0;

    [[nodiscard]] std::vector<std::string> texts() const {
        std::vector<std::string> result;
        for (const auto& frame : frames) {
            result.push_back(frame.data);
        }
        return result;
    }

  private:
    void add(const Frame& frame) {
        frames.push_back({std::string(frame.data), frame.bytes, frame.too_large});
        places.push_back(frame.data.data());
        in_place.push_back(frame.in_place);
        for (std::size_t i = 0; i < body_padding; ++i) {
            padding_sum += static_cast<unsigned char>(frame.data.data()[frame.data.size() + i]);
        }
    }
};

/// A copy of exactly these bytes on the heap, so that reading beyond them is seen.
class ExactBytes {
  public:
    explicit ExactBytes(std::string_view text, std::size_t padding = 0)
        : bytes_(text.begin(), text.end()), size_(text.size()) {
        bytes_.resize(size_ + padding, 'P');
        bytes_.shrink_to_fit();
    }

    [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

  private:
    std::vector<char> bytes_;
    std::size_t size_;
};

}  // namespace tally::connect
