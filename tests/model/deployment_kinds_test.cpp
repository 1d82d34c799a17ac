#include "model/support/story.hpp"

namespace tally::model {
namespace {

using namespace said;

struct KindCase {
    std::vector<StepText> steps;
    const char* kind;
};

TEST(DeploymentKindTest, TheKindIsThatOfTheActionsOfAllSteps) {
    for (const KindCase& row : std::vector<KindCase>{
             {{}, "none"},
             {{{}}, "none"},
             {{{"ResolveArtifacts /a"}}, "none"},
             {{{"StartApplication /a"}}, "start"},
             {{{"StartApplication /a"}, {"ScaleApplication /a"}}, "start"},
             {{{"StartPod /a"}, {"ScalePod /a"}}, "start"},
             {{{"RestartApplication /a"}}, "restart"},
             {{{"RestartPod /a"}}, "restart"},
             {{{"ScaleApplication /a"}, {"RestartApplication /a"}}, "restart"},
             {{{"ResolveArtifacts /a"}, {"RestartApplication /a"}}, "restart"},
             {{{"ScaleApplication /a"}, {"ScaleApplication /b"}}, "scale"},
             {{{"ScaleApplication /a", "ScalePod /b"}}, "scale"},
             {{{"StopApplication /a"}}, "stop"},
             {{{"StopPod /a"}, {"StopApplication /b"}}, "stop"},
             {{{"StopApplication /a"}, {"ScaleApplication /a"}}, "mixed"},
             {{{"StartApplication /a"}, {"StopApplication /b"}}, "mixed"},
             {{{"StartApplication /a"}, {"RestartApplication /b"}}, "mixed"},
             {{{"RestartApplication /a"}, {"StopApplication /b"}}, "mixed"},
             {{{"TeleportApplication /a"}}, "mixed"},
             {{{"TeleportApplication /a"}, {"ScaleApplication /a"}}, "mixed"},
             {{{"TeleportApplication /a"}, {"StartApplication /a"}}, "start"},
         }) {
        Story story;
        story.hear(success("d1", {.version = version_at(1s), .steps = row.steps}, at(2s)));
        EXPECT_EQ(story.deployment_row("d1").kind, row.kind) << ::testing::PrintToString(row.steps);
        EXPECT_EQ(story.deployment_row("d1").counted_kind, row.kind);
    }
}

TEST(DeploymentKindTest, WithoutAPlanItIsUnknown) {
    Story story;
    story.hear(success("d1", {.version = version_at(1s), .steps = std::nullopt}, at(2s)));
    EXPECT_EQ(story.deployment_row("d1").kind, "unknown");
}

}  // namespace
}  // namespace tally::model
