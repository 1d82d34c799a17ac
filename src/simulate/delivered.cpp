#include "simulate/delivered.hpp"

namespace tally::simulate {

void Ranges::add(std::uint64_t number) {
    ++count_;
    if (!ranges_.empty() && ranges_.back().second + 1 >= number) {
        ranges_.back().second = number;
        return;
    }
    if (ranges_.size() >= ranges_max) {
        cut_ = true;
        return;
    }
    ranges_.emplace_back(number, number);
}

void Ranges::write(Json& json) const {
    json.raw(R"("count":)").number(count_).raw(R"(,"ranges":[)");
    std::string_view comma;
    for (const auto& [first, last] : ranges_) {
        json.raw(comma).raw("[").number(first).raw(",").number(last).raw("]");
        comma = ",";
    }
    json.raw(cut_ ? R"(],"cut":true)" : "]");
}

void Delivered::framed(std::uint64_t sequence, std::size_t bytes) {
    framed_ += bytes;
    waiting_.emplace_back(framed_, sequence);
    written(0);
}

void Delivered::written(std::size_t bytes) {
    written_ += bytes;
    while (!waiting_.empty() && waiting_.front().first <= written_) {
        events_.add(waiting_.front().second);
        waiting_.pop_front();
    }
}

}  // namespace tally::simulate
