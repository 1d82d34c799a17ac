#include "serve/password_checker.hpp"

#include <crypt.h>
#include <cstring>
#include <memory>
#include <openssl/crypto.h>

namespace tally::serve {

bool bcrypt_matches(const std::string& password, const std::string& hash) {
    const auto data = std::make_unique<crypt_data>();  // 32 KiB
    const char* made = ::crypt_r(password.c_str(), hash.c_str(), data.get());
    const bool same = made != nullptr && std::strlen(made) == hash.size() &&
                      CRYPTO_memcmp(made, hash.data(), hash.size()) == 0;
    OPENSSL_cleanse(data.get(), sizeof *data);
    return same;
}

PasswordChecker::PasswordChecker(std::size_t waiting_max) : waiting_max_(waiting_max) {}

PasswordChecker::~PasswordChecker() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        waiting_.clear();
    }
    changed_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

bool PasswordChecker::check(std::string password, std::string hash, Done done) {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= waiting_max_) {
        return false;
    }
    waiting_.push_back({std::move(password), std::move(hash), std::move(done)});
    if (!thread_.joinable()) {
        thread_ = std::thread([this] { work(); });
    }
    changed_.notify_one();
    return true;
}

void PasswordChecker::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) {
            return;
        }
        Task task = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        task.done(bcrypt_matches(task.password, task.hash));
        OPENSSL_cleanse(task.password.data(), task.password.size());
        lock.lock();
    }
}

}  // namespace tally::serve
