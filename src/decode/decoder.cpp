#include "tally/decode/decoder.hpp"

#include <bit>

#include <simdjson.h>

#include "decode/event_reader.hpp"
#include "decode/event_shapes.hpp"
#include "decode/fields.hpp"
#include "decode/json_fault.hpp"
#include "decode/json_places.hpp"

namespace tally::decode {

static_assert(body_padding >= simdjson::SIMDJSON_PADDING);

namespace {

namespace dom = simdjson::dom;

constexpr std::size_t capacity_min = std::size_t{16} << 10;
constexpr std::size_t capacity_kept = std::size_t{1} << 20;

// The parser refuses when its count of open containers REACHES its limit, and does not count an
// empty one
// ([] or {}). With this limit it never lets a 513th level through; the few bodies it refuses
// although they have 512 are parsed once more with the other.
constexpr std::size_t depth_limit = nesting_max;
constexpr std::size_t depth_limit_exact = nesting_max + 1;

DecodeError refuse(RejectReason reason, std::string what, std::size_t offset = 0) {
    return {.reason = reason, .what = std::move(what), .offset = offset, .timestamp = std::nullopt};
}

}  // namespace

class Decoder::Impl {
  public:
    /// One result, so that its 500 bytes are built where the caller wants them.
    boost::system::result<Event, DecodeError> decode(std::string_view body) {
        boost::system::result<Event, DecodeError> result(boost::system::in_place_value);
        is_in_place_ = shapes_.read(body, *result);
        if (!is_in_place_) {
            *result = Event{};
            if (auto error = parse_and_read(body, *result)) [[unlikely]] {
                result = std::move(*error);
            }
        }
        return result;
    }

    [[nodiscard]] bool is_in_place() const { return is_in_place_; }

  private:
    std::optional<DecodeError> parse_and_read(std::string_view body, Event& event) {
        dom::element root;
        if (const auto error = parse(body, root); error != simdjson::SUCCESS) [[unlikely]] {
            return explain(error, body);
        }
        dom::object object;
        if (root.get(object) != simdjson::SUCCESS) [[unlikely]] {
            return refuse(RejectReason::not_object, "not an object");
        }
        fields_.collect(object);
        event.type_name = fields_.text(Key::event_type);
        if (event.type_name.empty()) [[unlikely]] {
            return no_event_type(body);
        }
        reader_.read(fields_, event);
        return std::nullopt;
    }

    simdjson::error_code parse(std::string_view body, dom::element& root) {
        if (body.starts_with("\xEF\xBB\xBF")) {  // newer simdjson skips it
            return simdjson::TAPE_ERROR;
        }
        if (const auto error = fit(body.size()); error != simdjson::SUCCESS) {
            return error;
        }
        const auto error = parse_into(body, root);
        if (error != simdjson::DEPTH_ERROR || json_fault(body)) [[likely]] {
            return error;
        }
        return parse_deeper(body, root);
    }

    simdjson::error_code parse_into(std::string_view body, dom::element& root) {
        return parser_.parse_into_document(document_, body.data(), body.size(), false).get(root);
    }

    simdjson::error_code parse_deeper(std::string_view body, dom::element& root) {
        if (const auto error = parser_.allocate(capacity_, depth_limit_exact);
            error != simdjson::SUCCESS) {
            return error;
        }
        const auto error = parse_into(body, root);
        const auto restored = parser_.allocate(capacity_, depth_limit);
        return error != simdjson::SUCCESS ? error : restored;
    }

    /// Buffers for a body of this size: the parser would grow them byte by byte and never shrink
    /// them. They are about 14 times the body, most of it touched only as far as the body has
    /// values.
    simdjson::error_code fit(std::size_t bytes) {
        const bool shrink = capacity_ > capacity_kept && bytes <= capacity_kept;
        if (bytes <= capacity_ && !shrink) [[likely]] {
            return simdjson::SUCCESS;
        }
        parser_ = dom::parser();
        document_ = dom::document();
        reader_.shrink();
        capacity_ = 0;
        if (bytes > simdjson::SIMDJSON_MAXSIZE_BYTES) {
            return simdjson::CAPACITY;
        }
        const std::size_t capacity = std::min(
            std::bit_ceil(std::max(bytes, capacity_min)), simdjson::SIMDJSON_MAXSIZE_BYTES
        );
        if (const auto error = parser_.allocate(capacity, depth_limit);
            error != simdjson::SUCCESS) {
            return error;
        }
        if (const auto error = document_.allocate(capacity); error != simdjson::SUCCESS) {
            return error;
        }
        capacity_ = capacity;
        return simdjson::SUCCESS;
    }

    /// The parser knows no offsets: our own scanner finds the place, on this path only.
    static DecodeError explain(simdjson::error_code error, std::string_view body) {
        if (error == simdjson::MEMALLOC || error == simdjson::CAPACITY) {
            return refuse(RejectReason::too_large, "no memory to parse the body");
        }
        if (const auto fault = json_fault(body)) {
            return refuse(RejectReason::not_json, std::string(fault->what), fault->offset);
        }
        if (const auto offset = number_out_of_range(body)) {
            return refuse(RejectReason::not_json, "number out of range", *offset);
        }
        return refuse(RejectReason::not_json, simdjson::error_message(error));
    }

    DecodeError no_event_type(std::string_view body) const {
        const auto value = fields_.find(Key::event_type);
        DecodeError error = refuse(
            RejectReason::no_event_type,
            !value               ? "no eventType"
            : value->is_string() ? "eventType is empty"
                                 : "eventType is not a string",
            member_offset(body, "eventType").value_or(0)
        );
        error.timestamp = parse_timestamp(fields_.text(Key::timestamp));
        return error;
    }

    dom::parser parser_;
    dom::document document_;
    std::size_t capacity_ = 0;
    EventShapes shapes_;
    bool is_in_place_ = false;
    Fields fields_;
    EventReader reader_;
};

Decoder::Decoder() : impl_(std::make_unique<Impl>()) {}

Decoder::~Decoder() = default;

boost::system::result<Event, DecodeError> Decoder::decode(std::string_view body) {
    return impl_->decode(body);
}

bool Decoder::is_in_place() const {
    return impl_->is_in_place();
}

std::string_view trim_body(std::string_view body) {
    constexpr std::string_view white = " \t\r\n";
    const std::size_t first = body.find_first_not_of(white);
    if (first == std::string_view::npos) {
        return {};
    }
    return body.substr(first, body.find_last_not_of(white) - first + 1);
}

}  // namespace tally::decode
