#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace tally {

/// Values handed from one thread to another, at most `capacity` at a time. Full: push waits, try_push
/// refuses. After close() nothing more goes in, what is inside still comes out.
/// Thread: any number on both sides.
template <class Value>
class BoundedQueue {
  public:
    explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

    /// False: closed, and the value was not taken.
    bool push(Value value) {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return closed_ || values_.size() < capacity_; });
        return put(std::move(value), lock);
    }

    /// False: full or closed; then `value` is untouched.
    bool try_push(Value& value) {
        std::unique_lock lock(mutex_);
        if (closed_ || values_.size() >= capacity_) {
            return false;
        }
        return put(std::move(value), lock);
    }

    /// The next value; nothing when the queue is closed and empty.
    std::optional<Value> pop() {
        std::unique_lock lock(mutex_);
        filled_.wait(lock, [this] { return closed_ || !values_.empty(); });
        return take(lock);
    }

    /// As pop(), but nothing also at `deadline`.
    std::optional<Value> pop_until(std::chrono::steady_clock::time_point deadline) {
        std::unique_lock lock(mutex_);
        filled_.wait_until(lock, deadline, [this] { return closed_ || !values_.empty(); });
        return take(lock);
    }

    void close() {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
        room_.notify_all();
        filled_.notify_all();
    }

    [[nodiscard]] bool closed() const {
        const std::scoped_lock lock(mutex_);
        return closed_;
    }
    [[nodiscard]] std::size_t size() const {
        const std::scoped_lock lock(mutex_);
        return values_.size();
    }
    [[nodiscard]] std::size_t capacity() const { return capacity_; }

  private:
    bool put(Value value, std::unique_lock<std::mutex>& lock) {
        if (closed_) {
            return false;
        }
        values_.push_back(std::move(value));
        lock.unlock();
        filled_.notify_one();
        return true;
    }

    std::optional<Value> take(std::unique_lock<std::mutex>& lock) {
        if (values_.empty()) {
            return std::nullopt;
        }
        std::optional<Value> value(std::move(values_.front()));
        values_.pop_front();
        lock.unlock();
        room_.notify_one();
        return value;
    }

    std::size_t capacity_;
    mutable std::mutex mutex_;
    std::condition_variable room_;
    std::condition_variable filled_;
    std::deque<Value> values_;
    bool closed_ = false;
};

}  // namespace tally
