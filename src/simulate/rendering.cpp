#include "simulate/rendering.hpp"

namespace tally::simulate {

bool Rendering::append(const Scene& scene, std::string& out, std::size_t bytes) {
    Json json(out);
    while (list_ < lists_.size()) {
        const Listing& list = lists_[list_];
        if (!opened_) {
            json.raw(list.open);
            comma_ = {};
            opened_ = true;
        }
        const std::size_t count = list.count(scene);
        while (item_ < count) {
            if (out.size() >= bytes) {
                return false;
            }
            list.append(json, scene, item_++, comma_);
        }
        json.raw(list.close);
        ++list_;
        item_ = 0;
        opened_ = false;
    }
    return true;
}

}  // namespace tally::simulate
