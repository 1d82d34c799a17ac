#include "connect/input_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace tally::connect {
namespace {

Error error_of(const std::string& path, int code) {
    return Error{path + ": " + std::generic_category().message(code)};
}

}  // namespace

Result<InputFile> InputFile::open(const std::string& path) {
    const bool is_stdin = path == "-";
    const int descriptor = is_stdin ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return error_of(path, errno);
    }
    InputFile file(is_stdin ? "stdin" : path, descriptor, 0);
    struct stat status = {};
    if (::fstat(descriptor, &status) != 0) {
        return error_of(file.path_, errno);
    }
    if (S_ISDIR(status.st_mode)) {
        return error_of(file.path_, EISDIR);
    }
    if (S_ISREG(status.st_mode)) {
        file.length_ = static_cast<std::uint64_t>(status.st_size);
        ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return file;
}

InputFile::InputFile(std::string path, int descriptor, std::uint64_t length)
    : path_(std::move(path)), descriptor_(descriptor), length_(length) {}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      length_(other.length_) {}

InputFile& InputFile::operator=(InputFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(length_, other.length_);
    return *this;
}

InputFile::~InputFile() {
    if (descriptor_ > STDIN_FILENO) {
        ::close(descriptor_);
    }
}

Result<std::size_t> InputFile::read(std::span<char> bytes) {
    while (true) {
        const auto count = ::read(descriptor_, bytes.data(), bytes.size());
        if (count >= 0) {
            return static_cast<std::size_t>(count);
        }
        if (errno != EINTR) {
            return error_of(path_, errno);
        }
    }
}

}  // namespace tally::connect
