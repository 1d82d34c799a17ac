#include "simulate/generate.hpp"

#include <cstdio>
#include <cstring>
#include <memory>

#include "simulate/disorder.hpp"
#include "simulate/life.hpp"
#include "simulate/totals.hpp"

namespace tally::simulate {

namespace {

constexpr std::size_t buffer_bytes = 1 << 20;

struct Close {
    void operator()(std::FILE* file) const {
        if (file != stdout) {
            std::fclose(file);
        }
    }
};

using File = std::unique_ptr<std::FILE, Close>;

File open(const std::string& name) {
    return File(name == "-" ? stdout : std::fopen(name.c_str(), "wb"));
}

/// The end of the way: frames what comes into a file, and counts it when somebody wants totals.
class Writer : public Outlet {
  public:
    Writer(const Generation& what, File file) : what_(what), file_(std::move(file)) {
        buffer_.reserve(buffer_bytes + (1 << 17));
    }

    void put(const Said& said, std::string_view body, std::string_view) override {
        if (full()) {
            return;
        }
        const std::size_t before = buffer_.size();
        if (what_.format == Format::sse) {
            frame(said, body);
        } else {
            (buffer_ += body) += '\n';
        }
        ++done_.bodies;
        done_.bytes += buffer_.size() - before;
        if (!what_.totals.empty()) {
            totals_.put(said);
        }
        if (buffer_.size() >= buffer_bytes) {
            write();
        }
    }

    [[nodiscard]] bool full() const {
        return failed_ || (what_.events && done_.bodies >= *what_.events) ||
               (what_.bytes && done_.bytes >= *what_.bytes);
    }

    void write() {
        failed_ = failed_ ||
                  std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) != buffer_.size();
        buffer_.clear();
    }

    /// False if something could not be written.
    bool finish() {
        write();
        return !failed_ && std::fflush(file_.get()) == 0;
    }

    Generated& done() { return done_; }

    [[nodiscard]] const Totals& totals() const { return totals_; }

  private:
    void frame(const Said& said, std::string_view body) {
        const bool typed = said.fault == Fault::nothing || said.fault == Fault::missing_field;
        buffer_ += "event: ";
        buffer_ += typed ? name_of(said.type) : "status_update_event";
        buffer_ += "\r\ndata: ";
        buffer_ += body;
        buffer_ += "\r\n\r\n";
    }

    const Generation& what_;
    File file_;
    std::string buffer_;
    bool failed_ = false;
    Generated done_;
    Totals totals_;
};

Error cannot_write(const std::string& name) {
    return Error{"cannot write " + name + ": " + std::strerror(errno)};
}

}  // namespace

Result<Generated> generate(const Generation& what) {
    File file = open(what.out);
    if (!file) {
        return cannot_write(what.out);
    }
    Writer writer(what, std::move(file));
    Disorder disorder(what.shape, writer);
    Life life(what.shape, disorder);
    const bool limited = what.events || what.bytes;
    const double hours = what.hours.value_or(limited ? 1e6 : 1);
    const TimeMs end = what.shape.start + static_cast<TimeMs>(hours * 3'600'000);
    while (!writer.full() && life.now() < end) {
        life.step();
    }
    disorder.flush();
    writer.done().simulated = life.now() - what.shape.start;
    if (!writer.finish()) {
        return cannot_write(what.out);
    }
    if (!what.totals.empty()) {
        const File totals = open(what.totals);
        const std::string text = writer.totals().text(life.cluster().apps());
        if (!totals || std::fwrite(text.data(), 1, text.size(), totals.get()) != text.size() ||
            std::fflush(totals.get()) != 0) {
            return cannot_write(what.totals);
        }
    }
    return writer.done();
}

}  // namespace tally::simulate
