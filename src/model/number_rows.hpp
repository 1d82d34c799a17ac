#pragma once

#include "books.hpp"
#include "tally/model/facts.hpp"

namespace tally::model {

/// The counters and histograms that changed since the last call, as rows.
void write_numbers(Books& books, Batch& out);

/// Puts one back; the labels and apps that it names are there already.
void restore_number(Books& books, const CellRow& row);
void restore_number(Books& books, const HistogramRow& row);

}  // namespace tally::model
