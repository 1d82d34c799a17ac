#include "tally/connect/credentials.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tally::connect {
namespace {

constexpr std::size_t secret_bytes_max = std::size_t{64} << 10;

/// An open file, closed with its scope.
struct OpenFile {
    explicit OpenFile(const std::string& path)
        // Not blocking: a FIFO must not keep the io thread.
        : descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
    ~OpenFile() {
        if (descriptor >= 0) {
            ::close(descriptor);
        }
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    int descriptor;
};

/// In place, since an Error can be made from a string too.
Result<std::string> value(std::string text) {
    return Result<std::string>(boost::system::in_place_value, std::move(text));
}

Error why(const std::string& path) {
    return Error{path + ": " + std::strerror(errno)};
}

Result<std::string> read_small_file(const std::string& path) {
    const OpenFile file(path);
    struct stat about = {};
    if (file.descriptor < 0 || ::fstat(file.descriptor, &about) != 0) {
        return why(path);
    }
    if (!S_ISREG(about.st_mode)) {
        return Error{path + ": not a file"};
    }
    std::string text;
    std::array<char, 4096> piece{};
    while (text.size() <= secret_bytes_max) {
        const auto count = ::read(file.descriptor, piece.data(), piece.size());
        if (count < 0) {
            return why(path);
        }
        if (count == 0) {
            return value(std::move(text));
        }
        text.append(piece.data(), static_cast<std::size_t>(count));
    }
    return Error{path + ": larger than 64 KiB"};
}

Result<std::string> not_empty(std::string text, const std::string& place) {
    while (text.ends_with('\n') || text.ends_with('\r')) {
        text.pop_back();
    }
    if (text.empty()) {
        return Error{place + ": empty"};
    }
    return value(std::move(text));
}

Subscription::Credentials fault(const Error& error) {
    return {.authorization = {}, .fault = error.what};
}

}  // namespace

Result<std::string> read_secret(const Secret& secret) {
    if (!secret.file.empty()) {
        auto text = read_small_file(secret.file);
        return text ? not_empty(std::move(*text), secret.file) : std::move(text);
    }
    if (!secret.env.empty()) {
        const char* found = std::getenv(secret.env.c_str());
        const auto place = "environment variable " + secret.env;
        if (found == nullptr) {
            return Error{place + ": not set"};
        }
        return not_empty(found, place);
    }
    return value(secret.text);
}

Subscription::Credentials read_credentials(const CredentialSettings& settings) {
    if (settings.basic) {
        const auto password = read_secret(settings.basic->password);
        if (!password) {
            return fault(password.error());
        }
        return {.authorization = basic_authorization(settings.basic->username, *password), .fault = {}};
    }
    if (settings.authorization) {
        const auto credentials = read_secret(settings.authorization->credentials);
        if (!credentials) {
            return fault(credentials.error());
        }
        const auto& type = settings.authorization->type;
        return {.authorization = type + (type == "token" ? "=" : " ") + *credentials, .fault = {}};
    }
    return {};
}

}  // namespace tally::connect
