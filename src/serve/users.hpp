#pragma once

#include <array>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tally::serve {

/// Who may come in by basic auth. Knows the good credentials of late by a keyed digest of user,
/// hash and password, so that bcrypt need not run for each scrape; passwords are not kept. Thread:
/// one.
class Users {
  public:
    using Digest = std::array<unsigned char, 32>;

    enum class Verdict : std::uint8_t {
        admitted,
        refused,
        unsure,  ///< only bcrypt can tell: Question
    };

    /// What bcrypt has to look at. An unknown user gets the hash of one who is known, so that both
    /// take the same time.
    struct Question {
        std::string password;
        std::string hash;
        bool known = false;  ///< else it is a refusal whatever bcrypt says
        Digest digest{};
    };

    struct Judgement {
        Verdict verdict{};
        Question question{};
    };

    explicit Users(std::map<std::string, std::string> hashes);

    [[nodiscard]] bool empty() const { return hashes_.empty(); }

    [[nodiscard]] Judgement judge(std::string_view authorization) const;
    /// bcrypt has found the credentials good.
    void remember(const Digest& digest);

  private:
    [[nodiscard]] Digest digest_of(
        std::string_view user, std::string_view hash, std::string_view password
    ) const;
    [[nodiscard]] bool remembered(const Digest& digest) const;
    [[nodiscard]] const std::string& stand_in(std::string_view user) const;

    std::map<std::string, std::string, std::less<>> hashes_;
    std::array<unsigned char, 32> key_{};  ///< of the digests; random
    std::deque<Digest> good_;              ///< newest first
};

}  // namespace tally::serve
