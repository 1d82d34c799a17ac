#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional.hpp>

namespace tally::serve {

/// A request's body as Beast reads it: a string that grows with the bytes that have come. Beast's
/// own string_body makes room for all that Content-Length announces: a client that sends nothing
/// else would hold 64 MiB by one line.
struct RequestBody {
    using value_type = std::string;

    class reader {  // the name that Beast looks for
      public:
        template <bool is_request, class Fields>
        reader(boost::beast::http::header<is_request, Fields>&, value_type& body) : body_(body) {}

        void init(
            const boost::optional<std::uint64_t>& length, boost::system::error_code& error
        ) {
            constexpr std::uint64_t believed_max = std::uint64_t{64} << 10;
            body_.reserve(static_cast<std::size_t>(std::min(length.value_or(0), believed_max)));
            error = {};
        }

        template <class Buffers>
        std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
            std::size_t count = 0;
            for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
                body_.append(static_cast<const char*>(buffer.data()), buffer.size());
                count += buffer.size();
            }
            error = {};
            return count;
        }

        void finish(boost::system::error_code& error) { error = {}; }

      private:
        value_type& body_;
    };
};

}  // namespace tally::serve
