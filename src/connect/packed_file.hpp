#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connect/input_file.hpp"
#include "connect/unpacker.hpp"
#include "tally/base/result.hpp"

namespace tally::connect {

/// A file as its plain bytes, whatever it is packed with.
class PackedFile {
  public:
    [[nodiscard]] static Result<PackedFile> open(const std::string& path);

    /// Writes what can be had without waiting twice for the file; 0 at the true end. A damaged or
    /// truncated archive is an error, naming the file, after all its good bytes have been handed
    /// out.
    [[nodiscard]] Result<std::size_t> read(std::span<char> plain);

    /// Bytes taken from the file.
    [[nodiscard]] std::uint64_t packed_bytes() const { return packed_bytes_; }

    [[nodiscard]] std::uint64_t length() const { return file_.length(); }

  private:
    explicit PackedFile(InputFile file);

    Result<std::size_t> read_plain(std::span<char> plain);
    Result<std::size_t> unpack(std::span<char> plain);
    std::optional<Error> look_at_magic();
    std::optional<Error> refill();

    InputFile file_;
    std::unique_ptr<Unpacker> unpacker_;  // none: not looked at yet
    std::vector<char> buffer_;
    std::string_view packed_;  // of buffer_, not used up
    bool at_end_ = false;      // of the file
    bool plain_ = false;
    std::optional<Error> fault_;
    std::uint64_t packed_bytes_ = 0;
};

}  // namespace tally::connect
