#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "tally/report/families.hpp"

namespace tally::report {

namespace {

/// Name -> "type | labels" of every table row of schema/metrics.md that begins with a family in
/// backquotes.
std::map<std::string, std::string> documented() {
    std::ifstream file(TALLY_METRICS_MD);
    EXPECT_TRUE(file) << TALLY_METRICS_MD;
    std::map<std::string, std::string> rows;
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("| `")) {
            continue;
        }
        std::vector<std::string> cells;
        std::istringstream row(line);
        for (std::string cell; std::getline(row, cell, '|');) {
            const std::size_t from = cell.find_first_not_of(' ');
            cells.push_back(
                from == std::string::npos ? ""
                                          : cell.substr(from, cell.find_last_not_of(' ') - from + 1)
            );
        }
        EXPECT_GE(cells.size(), 7U) << line;
        for (std::size_t i = 1; i < 7 && i < cells.size(); ++i) {
            EXPECT_FALSE(cells[i].empty()) << line;
        }
        const std::string name = cells[1].substr(1, cells[1].size() - 2);
        EXPECT_NE(cells[6].find(name), std::string::npos) << "the example does not use " << name;
        EXPECT_TRUE(rows.emplace(name, cells[2] + " | " + cells[3]).second) << "twice: " << name;
    }
    return rows;
}

TEST(SchemaTest, MetricsMdAndTheFamiliesTellTheSame) {
    std::map<std::string, std::string> table;
    for (const FamilyInfo& family : families()) {
        std::string labels;
        for (const std::string_view label : family.labels) {
            if (!label.empty()) {
                labels.append(labels.empty() ? "" : ", ").append(label);
            }
        }
        table[std::string(family.name)] =
            std::string(to_string(family.type)) + " | " + (labels.empty() ? "none" : labels);
    }
    EXPECT_EQ(documented(), table);
}

}  // namespace

}  // namespace tally::report
