#include "model/short_names.hpp"

#include <gtest/gtest.h>

#include "model/name_store.hpp"

namespace tally::model {
namespace {

class ShortNamesTest : public ::testing::Test {
  protected:
    /// What becomes of an instance's name, and how many bytes it takes meanwhile.
    std::string there_and_back(std::string_view name) {
        shorten_instance(name, apps_, app_, short_);
        return lengthen_instance(short_, apps_);
    }

    std::string there_and_back(std::string_view task, std::string_view instance) {
        shorten_task(task, instance, short_);
        return lengthen_task(short_, instance);
    }

    AppId next_ = 1;
    Apps apps_{1, World::Options{}, next_};
    Apps::Index app_ = apps_.intern("/product/web_site");
    std::string short_;
};

TEST_F(ShortNamesTest, EveryNameComesBackAsItWas) {
    for (const std::string_view name :
         {"product_web_site.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001",
          "product_web_site.marathon-a5f2bd75-caaa-11e8-a129-70b3d5800001",
          "product/web_site.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001",
          "other.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001",
          "product_web_site.instance-A5F2BD75-CAAA-11E8-A129-70B3D5800001",
          "product_web_site.instance-a5f2bd75-caaa-11e8-a129-70b3d580000",
          "product_web_site.instance-a5f2bd75-caaa-11e8-a1290-0b3d5800001",
          "a5f2bd75-caaa-11e8-a129-70b3d5800001",
          "x",
          ""}) {
        EXPECT_EQ(there_and_back(name), name);
    }
}

TEST_F(ShortNamesTest, AnInstanceOfItsAppTakes21Bytes) {
    (void)there_and_back("product_web_site.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001");
    EXPECT_EQ(short_.size(), 21U);
}

TEST_F(ShortNamesTest, ANameDoesNotDependOnWhereItsInstanceIsNow) {
    const std::string name = "product_web_site.instance-a5f2bd75-caaa-11e8-a129-70b3d5800001";
    shorten_instance(name, apps_, app_, short_);
    (void)apps_.intern("/elsewhere");
    EXPECT_EQ(lengthen_instance(short_, apps_), name);
}

TEST_F(ShortNamesTest, ATaskIsWhatItAddsToItsInstance) {
    EXPECT_EQ(there_and_back("a.instance-1._app.1", "a.instance-1"), "a.instance-1._app.1");
    EXPECT_EQ(short_.size(), 8U);
    EXPECT_EQ(there_and_back("a.1", "a.marathon-1"), "a.1");
    EXPECT_EQ(short_.size(), 1U);
    EXPECT_EQ(there_and_back("b.1", "a.marathon-1"), "b.1");
    EXPECT_EQ(there_and_back("a", "a"), "a");
    EXPECT_EQ(there_and_back("a", ""), "a");
    EXPECT_EQ(there_and_back("", "a"), "");
}

TEST(NameStoreTest, TextsOfAnySizeAreKeptUntilTheyAreDropped) {
    NameStore store;
    std::vector<std::pair<NameStore::Handle, std::string>> kept;
    for (std::size_t size = 0; size < 2000; size += size < 600 ? 1 : 100) {
        kept.emplace_back(NameStore::none, std::string(size, static_cast<char>('a' + size % 26)));
        kept.back().first = store.keep(kept.back().second);
    }
    for (std::size_t i = 0; i < kept.size(); i += 2) {
        store.drop(kept[i].first);
        kept[i].second = std::string(kept[i].second.size(), '-');
        kept[i].first = store.keep(kept[i].second);
    }
    for (const auto& [handle, text] : kept) {
        EXPECT_EQ(store[handle], text);
    }
}

TEST(NameStoreTest, RoomIsUsedAgainForTextsOfItsSize) {
    NameStore store;
    const NameStore::Handle first = store.keep("12345678");
    store.drop(first);
    EXPECT_EQ(store.keep("87654321"), first);
    const NameStore::Handle large = store.keep(std::string(1000, 'x'));
    store.drop(large);
    EXPECT_EQ(store.keep(std::string(5000, 'y')), large);
}

}  // namespace
}  // namespace tally::model
