#include "decode/event_shapes.hpp"

#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "decode/describe.hpp"
#include "decode/shape_bodies.hpp"

namespace tally::decode {

namespace {

constexpr std::string_view aside = "aside";

/// The event's description, or `aside`.
std::string shaped(EventShapes& shapes, std::string_view body) {
    const PaddedBody padded(body);
    Event event;
    return shapes.read(padded.view(), event) ? describe(event) : std::string(aside);
}

std::string shaped(std::string_view body) {
    EventShapes shapes;
    return shaped(shapes, body);
}

/// What the parser makes of it: no shape begins with a blank, and to JSON it means nothing.
std::string parsed(Decoder& decoder, std::string_view body) {
    return decoded(decoder, " " + std::string(body));
}

/// `body` with its first `from` replaced.
std::string with(std::string_view body, std::string_view from, std::string_view to) {
    std::string text(body);
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from << " in " << body;
    return text.replace(at, from.size(), to);
}

constexpr std::string_view status_update = shape_bodies[1];
constexpr std::string_view instance_changed = shape_bodies[7];
constexpr std::string_view instance_health = shape_bodies[10];
constexpr std::string_view health_status = shape_bodies[14];
constexpr std::string_view failed_check = shape_bodies[18];

/// Numbers that are the same in every run.
class Dice {
  public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}

    std::size_t below(std::size_t limit) {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return static_cast<std::size_t>(state_ >> 11) % limit;
    }

  private:
    std::uint64_t state_;
};

/// A body that is nearly one: a piece of it lost, doubled, moved here from another body, or
/// replaced by something that JSON treats specially.
std::string mutated(std::string_view body, Dice& dice) {
    static constexpr std::string_view tokens[] = {
        "\"",
        "\\",
        "\\n",
        "\\u0041",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\t",
        "0",
        "1",
        "-",
        "1.5",
        "1e3",
        "null",
        "true",
        "\"\"",
        "{}",
        "[]",
        "é",
        "\xFF",
        "\xC3",
        "\xED\xA0\x80",
        "\x1F",
        "\x7F",
        "01",
        "9223372036854775808",
        "\"protocol\":\"TCP\",",
        ",\"port\":1",
        "\"value\"",
        "\"intervalSeconds\":",
        "Z",
        "T",
    };
    std::string text(body);
    for (std::size_t edits = 1 + dice.below(2); edits > 0; --edits) {
        const std::size_t at = dice.below(text.size());
        const std::string_view token = tokens[dice.below(std::size(tokens))];
        const std::string_view other = shape_bodies[dice.below(shape_bodies.size())];
        const std::size_t other_at = dice.below(other.size());
        switch (dice.below(6)) {
            case 0:
                text.replace(at, 1, token);
                break;
            case 1:
                text.insert(at, token);
                break;
            case 2:
                text.erase(at, 1 + dice.below(8));
                break;
            case 3:
                text.insert(at, text.substr(at, 1 + dice.below(40)));
                break;
            case 4:
                text = text.substr(0, at) + std::string(other.substr(other_at));
                break;
            default:
                text[at] = static_cast<char>(dice.below(256));
                break;
        }
        if (text.empty()) {
            return text;
        }
    }
    return text;
}

}  // namespace

TEST(EventShapesTest, TakeTheHotEventsOfEveryVersion) {
    for (const std::string_view body : shape_bodies) {
        EXPECT_NE(shaped(body), aside) << body;
    }
}

TEST(EventShapesTest, GiveTheEventThatTheParserGives) {
    Decoder decoder;
    for (const std::string_view body : shape_bodies) {
        EXPECT_EQ(shaped(body), parsed(decoder, body)) << body;
    }
}

TEST(EventShapesTest, FillInWhatEachEventTells) {
    EXPECT_EQ(
        shaped(status_update),
        "status_update_event | time=2016-10-13T13:31:59.208Z | app=/zdd/base-min-over | "
        "task=zdd_base-min-over.b5689380-9141-11e6-aae4-3a4b79075094 | "
        "entity=zdd_base-min-over.b5689380-9141-11e6-aae4-3a4b79075094 | state=TASK_KILLED | "
        "host=10.0.3.193 | version=2016-10-13T12:36:48.366Z | message=Container exited with status "
        "137 | agent=145f052d-8bcb-457f-b1e6-b1b4e2cdf787-S1"
    );
    EXPECT_EQ(
        shaped(failed_check),
        "failed_health_check_event | time=2019-08-20T10:00:01.004Z | app=/product/web | "
        "task=product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001 | "
        "entity=product_web.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001 | protocol=MESOS_HTTP | "
        "path=/health | port_index=0 | interval=60.000000"
    );
}

TEST(EventShapesTest, PointIntoTheBody) {
    const PaddedBody body(status_update);
    const std::string_view bytes = body.view();
    EventShapes shapes;
    Event event;
    ASSERT_TRUE(shapes.read(bytes, event));
    for (const std::string_view field :
         {event.type_name,
          event.app,
          event.task,
          event.state,
          event.host,
          event.version,
          event.message,
          event.agent}) {
        EXPECT_GE(field.data(), bytes.data());
        EXPECT_LE(field.data() + field.size(), bytes.data() + bytes.size());
    }
}

TEST(EventShapesTest, StepAsideForAnotherLayout) {
    const std::string rows[] = {
        "",
        "{}",
        "[]",
        " " + std::string(status_update),
        std::string(status_update) + " ",
        with(status_update, ",", ", "),
        with(status_update, ":", " :"),
        with(status_update, R"("message":"Container exited with status 137",)", ""),
        with(status_update, R"("ports":[31419])", R"("ports":31419)"),
        with(status_update, R"("ports")", R"("portz")"),
        with(status_update, R"("protocol":"IPv4")", R"("protocol":"IPv4","zone":"a")"),
        with(status_update, "status_update_event", "status_update_evens"),
        with(instance_changed, R"("condition")", R"("Condition")"),
        with(instance_health, "true", R"("true")"),
        with(failed_check, R"("path":"/health")", R"("path":{"a":"/health"})"),
        with(failed_check, R"("path":"/health")", R"("path":["/health"])"),
        R"({"eventType":"status_update_event","taskId":"a.1","taskStatus":"TASK_RUNNING","appId":"/a"})",
    };
    for (const std::string& body : rows) {
        EXPECT_EQ(shaped(body), aside) << body;
    }
}

TEST(EventShapesTest, StepAsideForEscapesAndNumbersTheyDoNotRead) {
    const std::string rows[] = {
        with(status_update, "exited with", R"(exited\nwith)"),
        with(status_update, "exited with", R"(\"exited\" with)"),
        with(status_update, "exited with", "exited\nwith"),
        with(status_update, "exited with", std::string_view("exited\0with", 11)),
        with(status_update, "[31419]", "[31419.0]"),
        with(status_update, "[31419]", "[3e4]"),
        with(status_update, "[31419]", "[-1]"),
        with(status_update, "[31419]", "[031419]"),
        with(status_update, "[31419]", "[31419,]"),
        with(status_update, "[31419]", "[1234567890123456789]"),
        with(failed_check, ":60,", ":6.5,"),
        with(failed_check, ":60,", ":,"),
    };
    for (const std::string& body : rows) {
        EXPECT_EQ(shaped(body), aside) << body;
    }
}

TEST(EventShapesTest, StepAsideWhereANeededFieldIsAbsent) {
    const std::string rows[] = {
        with(status_update, R"("taskStatus":"TASK_KILLED")", R"("taskStatus":"")"),
        with(status_update, R"("taskStatus":"TASK_KILLED")", R"("taskStatus":null)"),
        with(status_update, R"("appId":"/zdd/base-min-over")", R"("appId":null)"),
        with(instance_changed, R"("condition":"UnreachableInactive")", R"("condition":"")"),
        with(instance_changed, R"("runSpecId":"/product/web")", R"("runSpecId":"")"),
        with(health_status, "false", "null"),
        with(failed_check, R"("protocol":"MESOS_HTTP")", R"("protocol":"")"),
        with(failed_check, R"("protocol":"MESOS_HTTP",)", ""),
    };
    for (const std::string& body : rows) {
        EXPECT_EQ(shaped(body), aside) << body;
    }
}

TEST(EventShapesTest, LeaveTheTrimmingOfConditionsToTheParser) {
    EXPECT_EQ(shaped(with(instance_changed, "UnreachableInactive", "Unreachable ")), aside);
    EXPECT_EQ(shaped(with(instance_changed, "UnreachableInactive", " ")), aside);
}

TEST(EventShapesTest, StepAsideForBytesThatAreNoUtf8) {
    for (const std::string_view bytes :
         {"\xFF", "\xC3", "\xED\xA0\x80", "\xC0\xAF", "\xF5\x80\x80\x80"}) {
        EXPECT_EQ(shaped(with(status_update, "exited", bytes)), aside);
        EXPECT_EQ(shaped(with(status_update, "IPv4", bytes)), aside)
            << "in a string that is not read";
        EXPECT_EQ(shaped(with(failed_check, "ipProtocol", bytes)), aside) << "in a key";
    }
}

TEST(EventShapesTest, TakeTheMembersOfACheckInAnyOrderEachOnce) {
    Decoder decoder;
    const std::string other_order = with(
        with(failed_check, R"("path":"/health",)", ""), "{\"grace", R"({"path":"/health","grace)"
    );
    EXPECT_EQ(shaped(other_order), shaped(failed_check));
    for (const std::string_view more :
         {R"("path":"/b")",
          R"("port":1,"port":2)",
          R"("protocol":"TCP")",
          R"("intervalSeconds":1)",
          R"("delaySeconds":1)",
          R"("unheard":1)"}) {
        const std::string body =
            with(failed_check, R"("portIndex")", std::string(more) + R"(,"portIndex")");
        EXPECT_EQ(shaped(body), aside) << body;
        EXPECT_NE(parsed(decoder, body), aside);
    }
}

TEST(EventShapesTest, TakeNoBodyThatIsCut) {
    EventShapes shapes;
    for (const std::string_view body : shape_bodies) {
        const PaddedBody whole(body);
        for (std::size_t size = 0; size < body.size(); ++size) {
            const std::string_view cut = whole.view().substr(0, size);
            Event event;
            EXPECT_FALSE(shapes.read(cut, event)) << "with what was cut off behind it: " << cut;
            EXPECT_EQ(shaped(shapes, cut), aside) << "with quotes behind it: " << cut;
        }
    }
}

TEST(EventShapesTest, NeverReadABodyOtherwiseThanTheParser) {
    constexpr int mutants_of_each = 4000;
    Dice dice(20'260'101);
    EventShapes shapes;
    Decoder decoder;
    int taken = 0;
    for (const std::string_view body : shape_bodies) {
        for (int i = 0; i < mutants_of_each; ++i) {
            const std::string mutant = mutated(body, dice);
            const std::string event = shaped(shapes, mutant);
            if (event != aside) {
                ++taken;
                ASSERT_EQ(event, parsed(decoder, mutant)) << mutant;
            }
        }
    }
    EXPECT_GT(taken, 5000) << "else nothing was compared";
}

TEST(DecoderTest, DecodesTheHotEventsWithOrWithoutTheirShapes) {
    Decoder decoder;
    Dice dice(7);
    for (const std::string_view body : shape_bodies) {
        EXPECT_EQ(decoded(decoder, body), parsed(decoder, body)) << body;
        for (int i = 0; i < 500; ++i) {
            const std::string mutant = mutated(body, dice);
            const std::string event = decoded(decoder, mutant);
            const std::string other = parsed(decoder, mutant);
            if (event.starts_with("not_json") || event.starts_with("no_event_type")) {
                EXPECT_EQ(event.substr(0, event.find(" at ")), other.substr(0, other.find(" at ")));
            } else if (!event.starts_with("not_object")) {
                EXPECT_EQ(event, other) << mutant;
            }
        }
    }
}

}  // namespace tally::decode
