#include "fold.hpp"

namespace tally::model {

void Fold::apply_differences(const Mark& mark, Seq seq, Batch& out) {
    (void)mark;
    (void)seq;
    (void)out;
}

}  // namespace tally::model
