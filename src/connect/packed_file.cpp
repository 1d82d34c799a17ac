#include "connect/packed_file.hpp"

#include <utility>

namespace tally::connect {
namespace {

constexpr std::size_t packed_chunk_bytes = std::size_t{256} << 10;

}  // namespace

Result<PackedFile> PackedFile::open(const std::string& path) {
    auto file = InputFile::open(path);
    if (!file) {
        return file.error();
    }
    return PackedFile(std::move(*file));
}

PackedFile::PackedFile(InputFile file) : file_(std::move(file)), buffer_(packed_chunk_bytes) {}

Result<std::size_t> PackedFile::read(std::span<char> plain) {
    if (!unpacker_) {
        if (auto error = look_at_magic()) {
            return *error;
        }
    }
    if (plain_ && packed_.empty()) {
        return read_plain(plain);
    }
    return unpack(plain);
}

/// The way of a file that is not packed, behind its first bytes: no copy.
Result<std::size_t> PackedFile::read_plain(std::span<char> plain) {
    auto count = file_.read(plain);
    if (count) {
        packed_bytes_ += *count;
    }
    return count;
}

Result<std::size_t> PackedFile::unpack(std::span<char> plain) {
    std::size_t made = 0;
    while (made < plain.size()) {
        if (fault_) {
            break;
        }
        auto step = unpacker_->step(packed_, plain.subspan(made));
        packed_.remove_prefix(step.taken);
        made += step.made;
        if (!step.fault.empty()) {
            fault_ = Error{file_.path() + ": " + step.fault};
        } else if (step.taken == 0 && step.made == 0) {
            if (made > 0) {
                return made;
            }
            if (at_end_ && unpacker_->may_end()) {
                return std::size_t{0};
            }
            fault_ = at_end_ ? Error{file_.path() + ": truncated " + std::string(unpacker_->name()) + " archive"} : refill();
        }
    }
    if (made == 0 && fault_) {
        return *fault_;
    }
    return made;
}

std::optional<Error> PackedFile::look_at_magic() {
    std::size_t size = 0;
    while (size < magic_bytes_max && !at_end_) {
        auto count = file_.read(std::span(buffer_).subspan(size));
        if (!count) {
            return count.error();
        }
        size += *count;
        at_end_ = *count == 0;
    }
    packed_ = {buffer_.data(), size};
    packed_bytes_ += size;
    unpacker_ = unpacker_for(packed_);
    plain_ = unpacker_->name() == "plain";
    return {};
}

std::optional<Error> PackedFile::refill() {
    auto count = file_.read(buffer_);
    if (!count) {
        return count.error();
    }
    at_end_ = *count == 0;
    packed_ = {buffer_.data(), *count};
    packed_bytes_ += *count;
    return {};
}

}  // namespace tally::connect
