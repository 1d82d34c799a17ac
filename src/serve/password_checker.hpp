#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace tally::serve {

/// Whether bcrypt makes `hash` of `password`. Takes 0.1 s and more: that is its purpose. Thread:
/// any.
[[nodiscard]] bool bcrypt_matches(const std::string& password, const std::string& hash);

/// Runs bcrypt on a thread of its own: one, so that guessing passwords cannot take all processors.
/// Destruction drops what waits.
class PasswordChecker {
  public:
    /// Gets the result, on the checker's thread.
    using Done = std::function<void(bool)>;

    explicit PasswordChecker(std::size_t waiting_max);
    ~PasswordChecker();
    PasswordChecker(const PasswordChecker&) = delete;
    PasswordChecker& operator=(const PasswordChecker&) = delete;

    /// False, and `done` is not called: too many wait already. Thread: any.
    [[nodiscard]] bool check(std::string password, std::string hash, Done done);

  private:
    struct Task {
        std::string password;
        std::string hash;
        Done done;
    };

    void work();

    const std::size_t waiting_max_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> waiting_;
    bool stopping_ = false;
    std::thread thread_;  // begun with the first task: most servers have no users
};

}  // namespace tally::serve
