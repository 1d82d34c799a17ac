#pragma once

#include <string>
#include <string_view>

namespace tally::decode {

/// Finds an app's id where the event does not name it. Every view returned is valid until the next
/// call; empty: there is no app in it. Keeps its buffer, so no allocation in the steady state.
class AppName {
  public:
    /// Of a task or instance id, by its shape (base/ids.hpp): "product_web.UUID" -> "/product/web".
    [[nodiscard]] std::string_view from_id(std::string_view id);

    /// Of the uri of an API call below `root`: "/v2/pods" and "/v2/pods//a/b::status?x" -> "/a/b".
    /// The query, "::..." and a closing slash are cut off, repeated slashes are one, %2F is a
    /// slash.
    [[nodiscard]] std::string_view from_uri(std::string_view uri, std::string_view root);

    /// Gives all memory back.
    void shrink() { std::string().swap(buffer_); }

  private:
    std::string buffer_;
};

}  // namespace tally::decode
