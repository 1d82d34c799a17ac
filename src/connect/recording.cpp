#include "tally/connect/recording.hpp"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "connect/format_guess.hpp"
#include "connect/packed_file.hpp"
#include "tally/connect/line_reader.hpp"
#include "tally/connect/sse_reader.hpp"

namespace tally::connect {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{1} << 20;
constexpr std::size_t beginning_bytes = 512;

}  // namespace

class Recording::Impl {
  public:
    Impl(PackedFile file, Format format, Limits limits)
        : file_(std::move(file)), limits_(limits) {
        if (format != Format::automatic) {
            begin(format);
        }
    }

    std::string beginning() {
        while (ahead_ < beginning_bytes && fill()) {
        }
        return std::string(chunk_.data(), std::min(ahead_, beginning_bytes));
    }

    Result<bool> read_some(const FrameSink& sink) {
        if (ahead_ == 0 && !fill() && failed_) {
            return *failed_;
        }
        const std::size_t count = std::exchange(ahead_, 0);
        bytes_ += count;
        if (count == 0) {
            finish(sink);
            return false;
        }
        take({chunk_.data(), count}, sink);
        return true;
    }

    Progress progress() const { return {bytes_, file_.packed_bytes(), file_.length()}; }

    End end() const {
        const auto* sse = std::get_if<SseReader>(&reader_);
        return {sse != nullptr && sse->inside_event()};
    }

  private:
    /// Reads on behind what lies in the chunk. False: there is no more.
    bool fill() {
        chunk_.resize(chunk_bytes + body_padding);
        if (ended_ || failed_) {
            return false;
        }
        const auto count = file_.read(std::span(chunk_).subspan(ahead_, chunk_bytes - ahead_));
        if (!count) {
            failed_ = count.error();
            return false;
        }
        ended_ = *count == 0;
        ahead_ += *count;
        return !ended_;
    }

    void begin(Format format) {
        if (format == Format::sse) {
            reader_.emplace<SseReader>(limits_.max_event_bytes);
        } else {
            reader_.emplace<LineReader>(limits_.max_event_bytes);
        }
    }

    void take(std::string_view bytes, const FrameSink& sink) {
        if (std::holds_alternative<FormatGuess>(reader_)) {
            auto& guess = std::get<FormatGuess>(reader_);
            bytes.remove_prefix(guess.take(bytes));
            if (!guess.decided()) {
                return;
            }
            settle(*guess.decided(), sink);
        }
        feed(bytes, true, sink);
    }

    void settle(Format format, const FrameSink& sink) {
        held_ = std::get<FormatGuess>(reader_).held();
        begin(format);
        feed(held_, false, sink);
    }

    void feed(std::string_view bytes, bool padded, const FrameSink& sink) {
        if (auto* sse = std::get_if<SseReader>(&reader_)) {
            sse->feed(bytes, padded, sink);
        } else if (auto* lines = std::get_if<LineReader>(&reader_)) {
            lines->feed(bytes, padded, sink);
        }
    }

    void finish(const FrameSink& sink) {
        if (std::exchange(finished_, true)) {
            return;
        }
        if (std::holds_alternative<FormatGuess>(reader_)) {
            settle(Format::ndjson, sink);
        }
        if (auto* lines = std::get_if<LineReader>(&reader_)) {
            lines->finish(sink);
        }
    }

    PackedFile file_;
    Limits limits_;
    std::vector<char> chunk_;  ///< made with the first read: many files may be open
    std::size_t ahead_ = 0;    ///< bytes of it that have been read and not taken
    std::string held_;         ///< what was looked at before the format was known
    std::variant<FormatGuess, SseReader, LineReader> reader_;
    std::uint64_t bytes_ = 0;
    bool ended_ = false;
    bool finished_ = false;
    std::optional<Error> failed_;
};

Result<Recording> Recording::open(const std::string& path, Format format, Limits limits) {
    auto file = PackedFile::open(path);
    if (!file) {
        return file.error();
    }
    return Recording(std::make_unique<Impl>(std::move(*file), format, limits));
}

Recording::Recording(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Recording::~Recording() = default;
Recording::Recording(Recording&&) noexcept = default;
Recording& Recording::operator=(Recording&&) noexcept = default;

std::string Recording::beginning() {
    return impl_->beginning();
}

Result<bool> Recording::read_some(const FrameSink& sink) {
    return impl_->read_some(sink);
}

Recording::Progress Recording::progress() const {
    return impl_->progress();
}

Recording::End Recording::end() const {
    return impl_->end();
}

}  // namespace tally::connect
