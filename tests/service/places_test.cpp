#include "service/places.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "os/files.hpp"
#include "os/procfs.hpp"
#include "support/temp_dir.hpp"

namespace tend::service {
namespace {

using testing::HasSubstr;

constexpr std::uint32_t somebody = 1000;

TEST(Places, of_a_user_follow_xdg) {
  const Places places = places_of("shop", {.xdg_runtime_dir = "/run/user/1000",
                                           .xdg_state_home = "/home/a/state",
                                           .home = "/home/a",
                                           .uid = somebody});
  EXPECT_EQ(places.runtime_dir, "/run/user/1000/tend/shop");
  EXPECT_EQ(places.log_dir, "/home/a/state/tend/shop");
  EXPECT_FALSE(places.runtime_is_shared_tmp);
}

TEST(Places, of_a_user_without_xdg_are_in_tmp_and_home) {
  const Places places = places_of("shop", {.home = "/home/a", .uid = somebody});
  EXPECT_EQ(places.runtime_dir, "/tmp/tend-1000/shop");
  EXPECT_EQ(places.log_dir, "/home/a/.local/state/tend/shop");
  EXPECT_TRUE(places.runtime_is_shared_tmp);
}

TEST(Places, relative_values_of_xdg_are_ignored) {
  const Places places = places_of(
      "shop", {.xdg_runtime_dir = "run", .xdg_state_home = "x", .home = "y", .uid = somebody});
  EXPECT_EQ(places.runtime_dir, "/tmp/tend-1000/shop");
  EXPECT_EQ(places.log_dir, "/tmp/tend-1000/shop/log");
}

TEST(Places, of_root_do_not_vanish_with_its_session) {
  const Places places = places_of("shop", {.xdg_runtime_dir = "/run/user/0", .home = "/root"});
  EXPECT_EQ(places.runtime_dir, "/run/tend/shop");
  EXPECT_EQ(places.log_dir, "/var/log/tend/shop");
}

TEST(Places, a_state_folder_takes_everything) {
  const PlacesEnvironment environment{
      .state_dir = "/srv/t", .xdg_runtime_dir = "/run/user/1000", .uid = somebody};
  EXPECT_EQ(places_of("shop", environment).runtime_dir, "/srv/t/run/shop");
  EXPECT_EQ(places_of("shop", environment).log_dir, "/srv/t/log/shop");
  EXPECT_EQ(runtime_root(environment), "/srv/t/run");
}

class MadePlaces : public testing::Test {
 protected:
  const test::TempDir folder_;
  const std::uint32_t uid_ = os::effective_uid();
  const Places places_ = places_of("shop", {.state_dir = folder_.path().string(), .uid = uid_});

  void allow(const std::string& path, unsigned mode) {
    std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
  }
};

TEST_F(MadePlaces, are_for_us_alone_and_may_be_made_twice) {
  ASSERT_TRUE(make_places(places_, uid_));
  ASSERT_TRUE(make_places(places_, uid_));
  EXPECT_EQ(os::status_of(places_.runtime_dir)->mode, 0700U);
  EXPECT_EQ(os::status_of(places_.log_dir)->mode, 0700U);
}

TEST_F(MadePlaces, a_runtime_directory_that_others_may_enter_is_refused) {
  ASSERT_TRUE(make_places(places_, uid_));
  allow(places_.runtime_dir, 0711);
  const auto made = make_places(places_, uid_);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(), HasSubstr("others may enter it; run `chmod 700` on it"));
}

TEST_F(MadePlaces, logs_may_be_read_by_others_but_not_written) {
  ASSERT_TRUE(make_places(places_, uid_));
  allow(places_.log_dir, 0755);
  EXPECT_TRUE(make_places(places_, uid_));
  allow(places_.log_dir, 0775);
  EXPECT_FALSE(make_places(places_, uid_));
}

TEST_F(MadePlaces, a_directory_of_somebody_else_is_refused) {
  ASSERT_TRUE(make_places(places_, uid_));
  const auto made = make_places(places_, uid_ + 1);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(), HasSubstr("it belongs to uid"));
}

TEST_F(MadePlaces, a_symbolic_link_in_place_of_the_directory_is_refused) {
  std::filesystem::create_directories(folder_.path() / "run");
  std::filesystem::create_directory_symlink("/tmp", places_.runtime_dir);
  EXPECT_FALSE(make_places(places_, uid_));
}

TEST_F(MadePlaces, a_path_too_long_for_a_socket_is_refused_before_anything_is_made) {
  const std::string deep = folder_.path().string() + "/" + std::string(120, 'd');
  const auto made = make_places(places_of("shop", {.state_dir = deep, .uid = uid_}), uid_);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(), HasSubstr("--state DIR"));
  EXPECT_FALSE(std::filesystem::exists(deep));
}

}  // namespace
}  // namespace tend::service
