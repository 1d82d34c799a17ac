#include "tally/base/hash.hpp"

#include <string>
#include <unordered_set>

#include <gtest/gtest.h>

namespace tally {

// The values are those of XXH3_128bits in xxHash's own documentation and command line tool (xxhsum
// -H2): they are stored in databases, so they may never change.
TEST(Hash128Test, IsXxh3SoThatStoredIdentitiesStayValid) {
    const Hash128 empty = hash128("");
    EXPECT_EQ(empty.high, 0x99aa06d3014798d8U);
    EXPECT_EQ(empty.low, 0x6001c324468d497fU);
}

TEST(Hash128Test, IsEqualForEqualBytesWhereverTheyLie) {
    for (std::size_t size = 0; size < 600; ++size) {
        const std::string text(size, 'x');
        const std::string shifted = "abc" + text;
        EXPECT_EQ(hash128(text), hash128(std::string_view(shifted).substr(3))) << size;
    }
}

TEST(Hash128Test, DiffersForEveryLengthAndEveryChangedByte) {
    std::unordered_set<Hash128, Hash128Hasher> seen;
    std::size_t count = 0;
    for (std::size_t size = 0; size < 300; ++size) {
        seen.insert(hash128(std::string(size, '\0')));
        ++count;
    }
    for (std::size_t at = 0; at < 300; ++at) {
        std::string text(300, 'a');
        text[at] = 'b';
        seen.insert(hash128(text));
        ++count;
    }
    EXPECT_EQ(seen.size(), count);
}

}  // namespace tally
