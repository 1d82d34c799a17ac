#include "record/step_actions.hpp"

#include <charconv>

#include "tally/base/json.hpp"

namespace tally::record {

namespace {

/// Reads at the front of a text, and fails for good at the first thing that is not as expected.
class Reader {
  public:
    explicit Reader(std::string_view json) : left_(json) {}

    bool take(std::string_view expected) {
        if (!left_.starts_with(expected)) {
            return false;
        }
        left_.remove_prefix(expected.size());
        return true;
    }

    void need(std::string_view expected) { failed_ = !take(expected) || failed_; }

    /// A string up to its closing quote, which is taken.
    std::string string() {
        std::string text;
        while (!left_.empty() && left_.front() != '"') {
            text += left_.front() == '\\' ? escaped() : left_.front();
            left_.remove_prefix(1);
        }
        need("\"");
        return text;
    }

    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] bool at_end() const { return left_.empty(); }

  private:
    /// Leaves the last character of the escape to be taken. Only what append_json_string() writes.
    char escaped() {
        constexpr std::string_view unicode = "\\u00";
        constexpr std::size_t digits = 2;
        if (left_.starts_with(unicode) && left_.size() >= unicode.size() + digits) {
            unsigned code = 0;
            const char* const at = left_.data() + unicode.size();
            failed_ = std::from_chars(at, at + digits, code, 16).ptr != at + digits || failed_;
            left_.remove_prefix(unicode.size() + digits - 1);
            return static_cast<char>(code);
        }
        if (left_.size() < 2) {
            failed_ = true;
            return ' ';
        }
        left_.remove_prefix(1);
        return left_.front() == 'n' ? '\n' : left_.front();
    }

    std::string_view left_;
    bool failed_ = false;
};

}  // namespace

std::string to_json(const std::vector<model::ActionText>& actions) {
    std::string json = "[";
    for (const model::ActionText& action : actions) {
        json += json.size() > 1 ? ",{\"action\":" : "{\"action\":";
        append_json_string(json, action.action);
        json += ",\"app\":";
        append_json_string(json, action.app);
        json += '}';
    }
    return json + ']';
}

std::vector<model::ActionText> actions_from_json(std::string_view json, Arena& text) {
    std::vector<model::ActionText> actions;
    Reader reader(json);
    reader.need("[");
    while (!reader.failed() && !reader.take("]")) {
        if (!actions.empty()) {
            reader.need(",");
        }
        reader.need("{\"action\":\"");
        const std::string action = reader.string();
        reader.need(",\"app\":\"");
        const std::string app = reader.string();
        reader.need("}");
        actions.push_back({text.keep(action), text.keep(app)});
    }
    return reader.failed() || !reader.at_end() ? std::vector<model::ActionText>{} : actions;
}

}  // namespace tally::record
