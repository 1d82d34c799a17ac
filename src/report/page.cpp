#include "report/page.hpp"

#include <utility>

namespace tally::report {

namespace {

constexpr std::size_t piece_size = std::size_t{32} << 10;  // fits the first cache

}  // namespace

Page::Page(Packing packing, std::size_t reserve) : piece_(piece_size, '\0') {
    at_ = piece_.data();
    end_ = at_ + piece_.size();
    if (packing == Packing::gzip) {
        packer_.emplace(reserve);
    } else {
        whole_.reserve(reserve);
    }
}

void Page::hand_on(std::size_t size) {
    const std::string_view text(piece_.data(), static_cast<std::size_t>(at_ - piece_.data()));
    if (packer_) {
        packer_->add(text, repeats_);
        repeats_.clear();
    } else {
        whole_.append(text);
    }
    handed_on_ += text.size();
    if (piece_.size() < size) {
        piece_.resize(size);
    }
    at_ = piece_.data();
    end_ = at_ + piece_.size();
}

std::string Page::finish() {
    hand_on(0);
    return packer_ ? packer_->finish() : std::move(whole_);
}

}  // namespace tally::report
