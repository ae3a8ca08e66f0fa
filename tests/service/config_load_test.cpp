// From a file on the disk to a project: what is opened, what is refused, and what comes from the
// system around it.

#include "service/config/load_project.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "os/accounts.hpp"
#include "os/guarded_call.hpp"
#include "support/temp_dir.hpp"

namespace tend::service::config {
namespace {

using test::TempDir;

constexpr std::string_view small_file = "[service.web]\nrun = ['true']\n";

std::string rejection(const std::string& path) {
  const auto loaded = load_project(path, {});
  return loaded ? "loaded\n" : loaded.error().text();
}

TEST(LoadProject, takes_the_file_its_directory_and_the_given_environment) {
  const TempDir dir;
  const std::string path = dir.write("tend.toml", small_file);
  const auto loaded = load_project(path, {.environment = {"A=1"}});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().text();
  const std::string directory = std::filesystem::canonical(dir.path());
  EXPECT_EQ(loaded->file, directory + "/tend.toml");
  EXPECT_EQ(loaded->services[0].cwd, directory);
  EXPECT_EQ(loaded->services[0].env, std::vector<std::string>{"A=1"});
}

TEST(LoadProject, resolves_links_in_directories_but_keeps_the_name_of_the_file) {
  const TempDir dir;
  std::filesystem::create_directories(dir / "real/sub");
  const std::string other = dir.write("real/other.toml", small_file);
  std::filesystem::create_directory_symlink(dir / "real", dir / "link");
  std::filesystem::create_symlink(other, dir / "real/sub/tend.toml");
  const auto loaded = load_project(dir / "link/sub/../sub/tend.toml", {});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().text();
  EXPECT_EQ(loaded->file, std::filesystem::canonical(dir.path()).string() + "/real/sub/tend.toml");
}

TEST(LoadProject, a_relative_path_starts_in_the_working_directory) {
  const TempDir dir;
  dir.write("tend.toml", small_file);
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(dir.path());
  const auto loaded = load_project("tend.toml", {});
  std::filesystem::current_path(before);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().text();
  EXPECT_EQ(loaded->file, std::filesystem::canonical(dir.path()).string() + "/tend.toml");
}

TEST(LoadProject, problems_name_the_file_as_it_was_called) {
  const TempDir dir;
  const std::string path = dir.write("tend.toml", "[service.web]\nrn = 'x'\n");
  const auto loaded = load_project(path, {});
  ASSERT_FALSE(loaded.has_value());
  EXPECT_FALSE(loaded.error().error.has_value());
  EXPECT_EQ(loaded.error().text(),
            path + ":1:10: [service.web] has no run\n" +
                "    run = [\"program\", \"argument\"], or a text for /bin/sh\n" + path +
                ":2:1: unknown key \"rn\" in [service.web]\n" + "    did you mean \"run\"?\n");
}

TEST(LoadProject, a_missing_file_is_a_clear_error) {
  const TempDir dir;
  EXPECT_EQ(rejection(dir / "none.toml"),
            "open " + (dir / "none.toml") + ": No such file or directory\n");
}

TEST(LoadProject, only_regular_files_are_read) {
  const TempDir dir;
  EXPECT_EQ(rejection(dir.path()), "read " + dir.path().string() + ": it is a directory\n");
  EXPECT_EQ(rejection("/dev/zero"), "read /dev/zero: it is not a regular file\n");
  ASSERT_EQ(mkfifo((dir / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(rejection(dir / "fifo"), "read " + (dir / "fifo") + ": it is not a regular file\n");
}

TEST(LoadProject, a_file_that_is_too_large_is_refused) {
  const TempDir dir;
  const std::string path = dir.write("big.toml", "");
  std::filesystem::resize_file(path, std::uintmax_t{1} << 40U);
  EXPECT_EQ(rejection(path), "read " + path + ": it is larger than 4194304 bytes\n");
}

TEST(LoadProject, root_refuses_what_others_can_write) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root is that strict";
  }
  const TempDir dir;
  const std::string path = dir.write("tend.toml", small_file);
  constexpr uid_t owner = 4711;
  constexpr gid_t group = 4712;
  const auto with = [&path](uid_t uid, gid_t gid, mode_t mode) {
    EXPECT_EQ(chown(path.c_str(), uid, gid), 0);
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return rejection(path);
  };
  EXPECT_EQ(with(0, 0, 0666), "read " + path +
                                  ": everybody can write to it (mode 0666); root runs only what "
                                  "nobody else can change: chmod o-w\n");
  EXPECT_NE(with(owner, owner, 0602).find("everybody can write"), std::string::npos);
  EXPECT_EQ(with(owner, group, 0664),
            "read " + path +
                ": group 4712 can write to it (mode 0664); root runs only "
                "what nobody else can change: chmod g-w\n");
  EXPECT_NE(with(0, group, 0660).find("group 4712 can write"), std::string::npos);
  // What a umask of 002 makes: the group is root's, or has nobody in it but the owner.
  EXPECT_EQ(with(0, 0, 0664), "loaded\n");
  EXPECT_EQ(with(owner, 0, 0664), "loaded\n");
  EXPECT_EQ(with(owner, owner, 0664), "loaded\n");
  EXPECT_EQ(with(owner, group, 0644), "loaded\n");
}

TEST(LoadProject, reads_env_files_with_the_same_care) {
  const TempDir dir;
  const std::string env_file = dir.write("a.env", "A=1\nB='2 3'\n");
  const std::string path = dir.write(
      "tend.toml",
      "[service.web]\nrun = 'x'\nenv-file = 'a.env'\n[service.b]\nrun = 'x'\nenv-file='a.env'\n");
  ASSERT_EQ(chmod(env_file.c_str(), 0600), 0);
  const auto loaded = load_project(path, {});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().text();
  EXPECT_EQ(loaded->services[0].env, (std::vector<std::string>{"A=1", "B=2 3"}));
  EXPECT_EQ(loaded->services[1].env, loaded->services[0].env);

  std::filesystem::remove(env_file);
  ASSERT_EQ(mkfifo(env_file.c_str(), 0600), 0);
  EXPECT_NE(rejection(path).find("it is not a regular file"), std::string::npos);
}

TEST(LoadProject, knows_the_users_of_the_system) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root may name another user";
  }
  const auto nobody = os::find_account("nobody");
  ASSERT_TRUE(nobody.has_value());
  if (!*nobody) {
    GTEST_SKIP() << "this system has no user nobody";
  }
  const TempDir dir;
  const std::string path = dir.write("tend.toml", "[service.web]\nrun = 'x'\nuser = 'nobody'\n");
  const auto loaded = load_project(path, {});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().text();
  EXPECT_EQ(loaded->services[0].identity,
            (Identity{(*nobody)->uid, (*nobody)->gid, (*nobody)->groups}));
}

TEST(LoadProject, survives_the_texts_that_crash_the_parser) {
  const TempDir dir;
  std::string key = "a";
  for (int part = 1; part < 50'000; ++part) {
    key += ".a";
  }
  for (const std::string& text :
       {std::string("[\n"), std::string("[[\n"), key + "=1", std::string("a=3-\xcc\x81"),
        std::string("3-\xcc\x81\n"), std::string("a.\n"), std::string("[a.\n"),
        std::string("a={\n")}) {
    const std::string path = dir.write("tend.toml", text);
    EXPECT_TRUE(rejection(path).starts_with(path + ":1:")) << rejection(path);
  }
}

// --- the ground it stands on ---------------------------------------------------------------------

TEST(GuardedCall, tells_survival_crash_and_delay_apart) {
  using namespace std::chrono_literals;
  EXPECT_EQ(os::guarded_call([] {}, 60s), os::GuardedEnd::survived);
  EXPECT_EQ(os::guarded_call([] { raise(SIGKILL); }, 60s), os::GuardedEnd::crashed);
  EXPECT_EQ(os::guarded_call([] { _exit(0); }, 60s), os::GuardedEnd::crashed);
  EXPECT_EQ(os::guarded_call([] { throw 1; }, 60s), os::GuardedEnd::crashed);
  EXPECT_EQ(os::guarded_call([] { pause(); }, 20ms), os::GuardedEnd::too_slow);
}

TEST(GuardedCall, works_where_ended_children_are_reaped_by_the_kernel) {
  using namespace std::chrono_literals;
  struct sigaction ignore{};
  struct sigaction before{};
  ignore.sa_handler = SIG_IGN;
  ASSERT_EQ(sigaction(SIGCHLD, &ignore, &before), 0);
  EXPECT_EQ(os::guarded_call([] {}, 60s), os::GuardedEnd::survived);
  EXPECT_EQ(os::guarded_call([] { raise(SIGKILL); }, 60s), os::GuardedEnd::crashed);
  ASSERT_EQ(sigaction(SIGCHLD, &before, nullptr), 0);
}

TEST(GuardedCall, leaves_memory_as_it_was) {
  using namespace std::chrono_literals;
  int value = 1;
  EXPECT_EQ(os::guarded_call([&] { value = 2; }, 60s), os::GuardedEnd::survived);
  EXPECT_EQ(value, 1);
}

TEST(Accounts, are_found_by_name_and_number) {
  const auto root = os::find_account("root");
  ASSERT_TRUE(root.has_value() && root->has_value());
  EXPECT_EQ((*root)->uid, 0U);
  EXPECT_FALSE((*root)->groups.empty());
  EXPECT_EQ((*os::find_account("0"))->name, "root");
  EXPECT_EQ(os::find_account("no-such-user-here").value(), std::nullopt);
  EXPECT_EQ(os::find_account("4294967294").value(), std::nullopt);
  EXPECT_EQ(os::find_account("").value(), std::nullopt);
  EXPECT_EQ(os::find_group("root").value(), 0U);
  EXPECT_EQ(os::find_group("0").value(), 0U);
  EXPECT_EQ(os::find_group("no-such-group-here").value(), std::nullopt);
}

}  // namespace
}  // namespace tend::service::config
