#include "simulate/dialect.hpp"

namespace tally::simulate {

std::optional<Dialect> parse_dialect(std::string_view text) {
    for (const Dialect dialect : {Dialect::v1_3, Dialect::v1_4, Dialect::v1_5, Dialect::v1_8}) {
        if (name_of(dialect) == text) {
            return dialect;
        }
    }
    return std::nullopt;
}

std::string_view name_of(Dialect dialect) {
    switch (dialect) {
        case Dialect::v1_3:
            return "1.3";
        case Dialect::v1_4:
            return "1.4";
        case Dialect::v1_5:
            return "1.5";
        case Dialect::v1_8:
            return "1.8";
    }
    return {};
}

std::string_view version_of(Dialect dialect) {
    switch (dialect) {
        case Dialect::v1_3:
            return "1.3.14";
        case Dialect::v1_4:
            return "1.4.12";
        case Dialect::v1_5:
            return "1.5.15";
        case Dialect::v1_8:
            return "1.8.222";
    }
    return {};
}

}  // namespace tally::simulate
