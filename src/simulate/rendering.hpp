#pragma once

#include <functional>
#include <string>
#include <vector>

#include "simulate/json_text.hpp"
#include "simulate/life.hpp"

namespace tally::simulate {

/// What a snapshot is made from: the state of one moment.
struct Scene {
    const Cluster& cluster;
    const std::vector<Rollout>& rollouts;
};

[[nodiscard]] inline Scene scene_of(const Life& life) {
    return {life.cluster(), life.rollouts().all()};
}

/// A moment kept while the life goes on.
struct Picture {
    Cluster cluster;
    std::vector<Rollout> rollouts;

    [[nodiscard]] Scene scene() const { return {cluster, rollouts}; }
};

/// One list of a body. `append` writes the item, if it is to be shown, with `comma` before it and
/// sets that.
struct Listing {
    using Append = std::function<void(Json&, const Scene&, std::size_t, std::string_view& comma)>;

    std::string open;
    std::string close;
    std::size_t (*count)(const Scene&);
    Append append;
};

[[nodiscard]] inline std::size_t apps_of(const Scene& scene) {
    return scene.cluster.apps().size();
}

[[nodiscard]] inline std::size_t rollouts_of(const Scene& scene) {
    return scene.rollouts.size();
}

/// A JSON body that is written piece by piece, so that a large one neither has to be in memory as a
/// whole nor stops the server. The scene must be of the same moment each time.
class Rendering {
  public:
    explicit Rendering(std::vector<Listing> lists) : lists_(std::move(lists)) {}

    /// Appends whole items until `out` has at least so many bytes. True: that was the last.
    bool append(const Scene& scene, std::string& out, std::size_t bytes);

  private:
    std::vector<Listing> lists_;
    std::size_t list_ = 0;
    std::size_t item_ = 0;
    bool opened_ = false;
    std::string_view comma_;
};

}  // namespace tally::simulate
