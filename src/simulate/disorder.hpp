#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simulate/malformed.hpp"
#include "simulate/random.hpp"
#include "simulate/said.hpp"
#include "simulate/shape.hpp"

namespace tally::simulate {

/// The way from Marathon to the listener, as bad as asked for: some events come twice, some up to
/// 20 events late, some bodies are no events at all. With nothing asked for, events pass unchanged
/// and uncopied.
class Disorder : public Outlet {
  public:
    /// Its random numbers are its own: the life behind it is the same with and without disorder.
    Disorder(const Shape& shape, Outlet& next);

    void put(const Said& said, std::string_view body, std::string_view light) override;

    /// Hands on what is still held back.
    void flush();

    /// From now on at least so bad; zeros: as the shape wants it.
    void worsen(double duplicates, double reorder, double bad);

  private:
    struct Held {
        Said said;
        std::string body;
        std::string light;
        std::uint32_t events_to_wait = 0;
    };

    void release_due();

    struct Shares {
        double duplicates = 0;
        double reorder = 0;
        double bad = 0;
    };

    const Shares least_;
    Shares shares_;
    Outlet& next_;
    Random random_;
    Malformed malformed_;
    std::vector<Held> held_;
};

}  // namespace tally::simulate
