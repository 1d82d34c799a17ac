#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tally::connect {

/// Packed bytes -> plain bytes, cut anywhere: one of plain, gzip, zstd. Pure (no I/O).
class Unpacker {
  public:
    struct Step {
        std::size_t taken = 0;  ///< packed bytes used up
        std::size_t made = 0;   ///< plain bytes written; good even when there is a fault
        std::string fault;      ///< not empty: the packed bytes are damaged, no step may follow
    };

    Unpacker() = default;
    Unpacker(const Unpacker&) = delete;
    Unpacker& operator=(const Unpacker&) = delete;
    virtual ~Unpacker() = default;

    /// Goes on as far as both sides allow. Nothing taken and nothing made: it needs more packed
    /// bytes.
    [[nodiscard]] virtual Step step(std::string_view packed, std::span<char> plain) = 0;
    /// Whether the input may end here: not inside a gzip member or zstd frame.
    [[nodiscard]] virtual bool may_end() const = 0;
    /// For messages: "gzip", "zstd", "plain".
    [[nodiscard]] virtual std::string_view name() const = 0;
};

inline constexpr std::size_t magic_bytes_max = 4;

/// By the first magic_bytes_max bytes of the file, or all of a shorter one.
[[nodiscard]] std::unique_ptr<Unpacker> unpacker_for(std::string_view first_bytes);

[[nodiscard]] std::unique_ptr<Unpacker> make_gzip_unpacker();
[[nodiscard]] std::unique_ptr<Unpacker> make_zstd_unpacker();

}  // namespace tally::connect
