#include "tally/base/ids.hpp"

#include <ostream>
#include <random>
#include <regex>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tally::ids {

namespace {

using Form = Parsed::Form;

struct Row {
    std::string_view id;
    std::string_view app;
    std::string_view instance;
    Form form;
};

const Row rows[] = {
    // The forms of Marathon, oldest first.
    {"my-app_0-1396592784349", "/my-app", "my-app.marathon-0-1396592784349", Form::legacy_task},
    {"my-app.3f80d17a-37e6-11e4-b05e-56847afe9799",
     "/my-app",
     "my-app.marathon-3f80d17a-37e6-11e4-b05e-56847afe9799",
     Form::legacy_task},
    {"product-a_backend.3f80d17a-37e6-11e4-b05e-56847afe9799",
     "/product-a/backend",
     "product-a_backend.marathon-3f80d17a-37e6-11e4-b05e-56847afe9799",
     Form::legacy_task},
    {"my-app.b6ff5fa5-7714-11e7-a55c-5ecf1c4671f6.42",
     "/my-app",
     "my-app.marathon-b6ff5fa5-7714-11e7-a55c-5ecf1c4671f6",
     Form::legacy_task},
    {"pod.instance-f575f481-caa6-11e8-a129-70b3d5800001.sleep1",
     "/pod",
     "pod.instance-f575f481-caa6-11e8-a129-70b3d5800001",
     Form::task_of_instance},
    {"pod.instance-f575f481.$anon", "/pod", "pod.instance-f575f481", Form::task_of_instance},
    {"pod.instance-f575f481.$anon.3", "/pod", "pod.instance-f575f481", Form::task_of_instance},
    {"my-app.instance-f575f481._app.1",
     "/my-app",
     "my-app.instance-f575f481",
     Form::task_of_instance},
    {"pod.instance-f575f481.web.2", "/pod", "pod.instance-f575f481", Form::task_of_instance},
    {"my-app.marathon-f575f481._app.2",
     "/my-app",
     "my-app.marathon-f575f481",
     Form::task_of_instance},
    {"my-app.marathon-f575f481.0a1b2c3d-37e6.2",
     "/my-app",
     "my-app.marathon-f575f481",
     Form::task_of_instance},
    {"a_b.instance-f575f481-caa6-11e8-a129-70b3d5800001",
     "/a/b",
     "a_b.instance-f575f481-caa6-11e8-a129-70b3d5800001",
     Form::instance},
    {"a_b.marathon-f575f481-caa6-11e8-a129-70b3d5800001",
     "/a/b",
     "a_b.marathon-f575f481-caa6-11e8-a129-70b3d5800001",
     Form::instance},

    // Segments with dots.
    {"foo_my.app.3f80d17a", "/foo/my.app", "foo_my.app.marathon-3f80d17a", Form::legacy_task},
    {"foo_my.app.3f80d17a.7", "/foo/my.app", "foo_my.app.marathon-3f80d17a", Form::legacy_task},
    {"foo_my.app.instance-f575f481._app.1",
     "/foo/my.app",
     "foo_my.app.instance-f575f481",
     Form::task_of_instance},
    {"foo_my.app.instance-f575f481", "/foo/my.app", "foo_my.app.instance-f575f481", Form::instance},
    {"1.2.3.instance-f575f481.web", "/1.2.3", "1.2.3.instance-f575f481", Form::task_of_instance},

    // Containers of 1.4.0 to 1.4.2 could be named with dots: everything behind the UUID.
    {"pod.instance-f575f481.my.web.container",
     "/pod",
     "pod.instance-f575f481",
     Form::task_of_instance},
    {"pod.instance-f575f481.a.b.7", "/pod", "pod.instance-f575f481", Form::task_of_instance},

    // Not Marathon's.
    {"", "", "", Form::none},
    {"app", "", "app", Form::none},
    {".uuid", "", ".uuid", Form::none},
    {"app.", "", "app.", Form::none},
    {".", "", ".", Form::none},
    {"_", "", "_", Form::none},
    {"app.7", "/app", "app.marathon-7", Form::legacy_task},
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
    return out << '"' << row.id << '"';
}

/// The expressions as they are documented, in the documented order.
Parsed by_expressions(const std::string& id) {
    static const std::regex incarnation(R"(^(.+)\.(instance-|marathon-)([^_.]+)[._]([^.]+)\.(\d+)$)"
    );
    static const std::regex container(R"(^(.+)\.(instance-|marathon-)([^_.]+)[._]([^.]+)$)");
    static const std::regex instance(R"(^(.+)\.(instance-|marathon-)([^.]+)$)");
    static const std::regex any_container(R"(^(.+)\.(instance-|marathon-)([^_.]+)[._](.+)$)");
    static const std::regex attempt(R"(^(.+)[._]([^_.]+)\.(\d+)$)");
    static const std::regex legacy(R"(^(.+)[._]([^_.]+)$)");
    const auto view = [&id](const std::ssub_match& part) {
        return std::string_view(id).substr(
            static_cast<std::size_t>(part.first - id.begin()),
            static_cast<std::size_t>(part.length())
        );
    };
    std::smatch match;
    for (const auto& [expression, form] :
         {std::pair{&incarnation, Form::task_of_instance},
          std::pair{&container, Form::task_of_instance},
          std::pair{&instance, Form::instance},
          std::pair{&any_container, Form::task_of_instance}}) {
        if (std::regex_match(id, match, *expression)) {
            return {
                .safe_app = view(match[1]),
                .form = form,
                .prefix = view(match[2]),
                .uuid = view(match[3])};
        }
    }
    for (const std::regex* expression : {&attempt, &legacy}) {
        if (std::regex_match(id, match, *expression)) {
            return {
                .safe_app = view(match[1]),
                .form = Form::legacy_task,
                .prefix = {},
                .uuid = view(match[2])};
        }
    }
    return {};
}

std::string text_of(const Parsed& parsed) {
    return std::to_string(static_cast<int>(parsed.form)) + " app:" + std::string(parsed.safe_app) +
           " prefix:" + std::string(parsed.prefix) + " uuid:" + std::string(parsed.uuid);
}

}  // namespace

TEST(IdsTest, KnowTheFormsOfEveryVersion) {
    for (const Row& row : rows) {
        EXPECT_EQ(parse(row.id).form, row.form) << row;
        EXPECT_EQ(app_of(row.id), row.app) << row;
        EXPECT_EQ(instance_of(row.id), row.instance) << row;
    }
}

TEST(IdsTest, AreReadAsTheDocumentedExpressionsReadThem) {
    for (const Row& row : rows) {
        EXPECT_EQ(text_of(parse(row.id)), text_of(by_expressions(std::string(row.id)))) << row;
    }
}

TEST(IdsTest, AreReadAsTheDocumentedExpressionsReadThemWhateverTheyAreMadeOf) {
    constexpr std::string_view parts[] = {
        ".",
        "_",
        ".",
        "_",
        "a",
        "1",
        "42",
        "uuid-1",
        "_app",
        "$x",
        ".instance-",
        ".marathon-",
        "instance-",
        "marathon-",
        "-",
        " "};
    std::mt19937 random(1);
    int forms[4] = {};
    for (int round = 0; round < 8000; ++round) {
        std::string id;
        for (auto count = random() % 10; count > 0; --count) {
            id += parts[random() % std::size(parts)];
        }
        const Parsed parsed = parse(id);
        ASSERT_EQ(text_of(parsed), text_of(by_expressions(id))) << '"' << id << '"';
        const std::string instance = instance_of(id);
        ASSERT_EQ(instance_of(instance), instance) << '"' << id << '"';
        ++forms[static_cast<int>(parsed.form)];
    }
    for (const int count : forms) {
        EXPECT_GT(count, 50);
    }
}

TEST(IdsTest, MakeALegacyTaskAndItsInstanceOneEntity) {
    EXPECT_EQ(instance_of("a.3f80d17a"), instance_of("a.marathon-3f80d17a"));
    EXPECT_EQ(instance_of("a.3f80d17a.2"), instance_of("a.marathon-3f80d17a"));
    EXPECT_NE(instance_of("a.3f80d17a"), instance_of("a.instance-3f80d17a"));
}

TEST(IdsTest, AreTheirOwnInstanceTwice) {
    for (const Row& row : rows) {
        const std::string instance = instance_of(row.id);
        EXPECT_EQ(instance_of(instance), instance) << row;
    }
    for (const char* odd : {
             "x.marathon-y.instance-u.c",
             "x.marathon-y.u",
             "x.marathon-y_u",
             "x.instance-y.marathon-u._app.3",
             "x.instance-a.instance-b.instance-c.instance-d.e",
             "x.instance-a.instance-b.c.d.e.7",
             ".instance-a.b",
             "x..instance-a.b",
             "x.instance-.b",
             "x.marathon-.b.c",
             "x.instance-a.",
             "x.instance-a_",
             "x_marathon-a_b",
             "..",
             "a._",
             "a.b.",
             "1.2",
             "1.2.3",
         }) {
        const std::string instance = instance_of(odd);
        EXPECT_EQ(instance_of(instance), instance) << odd;
    }
}

// A limit of the documented order: the shorter form wins. Only an app with a segment like
// "x.marathon-lb" meets it, and only where the event does not name its app.
TEST(IdsTest, TakeASegmentThatLooksLikeAnInstanceForOne) {
    EXPECT_EQ(app_of("my.marathon-lb.marathon-f575f481"), "/my");
    EXPECT_EQ(app_of("my.marathon-lb.marathon-f575f481._app.1"), "/my.marathon-lb");
    EXPECT_EQ(app_of("marathon-lb.marathon-f575f481"), "/marathon-lb");
    EXPECT_EQ(app_of("my.marathon-lb.f575f481"), "/my");
    EXPECT_EQ(instance_of("my.marathon-lb.marathon-f575f481"), "my.marathon-lb");
    EXPECT_EQ(instance_of("my.marathon-lb.marathon-f575f481._app.1"), "my.marathon-lb");
}

TEST(IdsTest, AreParsedInLinearTimeHoweverHostile) {
    const std::size_t size = 1 << 20;
    std::string dots;
    while (dots.size() < size) {
        dots += ".instance-";
    }
    const std::string long_end = "a" + dots + std::string(size, 'x');
    EXPECT_EQ(parse(long_end).form, Form::instance);
    EXPECT_EQ(parse(long_end + ".web").form, Form::task_of_instance);
    EXPECT_EQ(parse(long_end + ".").form, Form::none);
    std::string nested = "a";
    while (nested.size() < size) {
        nested += ".instance-b";
    }
    EXPECT_TRUE(instance_of(nested) == "a.instance-b");
    EXPECT_EQ(parse(std::string(size, '.')).form, Form::none);
    EXPECT_EQ(parse(std::string(size, '_')).form, Form::none);
}

}  // namespace tally::ids
