#include "serve/file_text.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

namespace tally::serve {

Result<FileText> read_text(const std::string& path) {
    constexpr std::size_t bytes_max = std::size_t{1} << 20;
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string text(bytes_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.is_open() || file.bad() || (file.gcount() == 0 && errno != 0)) {
        return Error{"cannot read " + path + ": " + std::generic_category().message(errno)};
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > bytes_max) {
        return Error{path + " is larger than 1 MiB"};
    }
    return FileText{std::move(text)};
}

}  // namespace tally::serve
