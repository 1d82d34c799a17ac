#include "number_rows.hpp"

namespace tally::model {

namespace {

/// The code behind a stored label value; "none" is a state before the first sight, but a kind of
/// deployment.
Code restored_code(Labels& labels, LabelKind kind, std::string_view name) {
    if (kind == LabelKind::nothing) {
        return 0;
    }
    const bool is_state = kind == LabelKind::task_state || kind == LabelKind::condition;
    return is_state && name == "none" ? none_code : labels.code(kind, name).code;
}

}  // namespace

void write_numbers(Books& books, Batch& out) {
    const Labels& labels = books.labels;
    books.numbers.take_dirty(
        [&](std::uint32_t index, const Numbers::Cell& cell) {
            CellRow row{
                .source = books.source, .cell = index, .born = cell.born, .value = cell.value};
            if (cell.born) {
                const FamilyLabels& family = labels_of(cell.family);
                row.family = family.name;
                row.app = !family.app ? 0 : cell.app == 0 ? -1 : books.apps[cell.app].row;
                row.a = family.a == LabelKind::nothing ? std::string_view{}
                                                       : labels.name(family.a, cell.a);
                row.b = family.b == LabelKind::nothing ? std::string_view{}
                                                       : labels.name(family.b, cell.b);
            }
            out.cells.push_back(row);
        },
        [&](const Numbers::Histogram& histogram) {
            const LabelKind a = labels_of(histogram.family).a;
            out.histograms.push_back(
                {.source = books.source,
                 .family = histogram.family,
                 .a = a == LabelKind::nothing ? std::string_view{} : labels.name(a, histogram.a),
                 .bounds = books.numbers.bounds_of(histogram.family),
                 .counts = histogram.counts,
                 .sum_ms = histogram.sum_ms,
                 .mixed = histogram.mixed}
            );
        }
    );
}

void restore_number(Books& books, const CellRow& row) {
    for (std::size_t i = 0; i < family_count; ++i) {
        const auto family = static_cast<Family>(i);
        const FamilyLabels& labels = labels_of(family);
        if (labels.name != row.family) {
            continue;
        }
        const auto code = [&](LabelKind kind, std::string_view name) -> Code {
            return restored_code(books.labels, kind, name);
        };
        const Apps::Index app = !labels.app     ? no_app
                                : row.app == -1 ? 0
                                                : books.apps.by_row(row.app);
        books.numbers.restore(
            row.cell,
            {.family = family,
             .app = app,
             .a = code(labels.a, row.a),
             .b = code(labels.b, row.b),
             .value = row.value}
        );
        return;
    }
}

void restore_number(Books& books, const HistogramRow& row) {
    const LabelKind a = labels_of(row.family).a;
    books.numbers.restore(
        {.family = row.family,
         .a = restored_code(books.labels, a, row.a),
         .counts = row.counts,
         .sum_ms = row.sum_ms,
         .mixed = row.mixed},
        row.bounds
    );
}

}  // namespace tally::model
