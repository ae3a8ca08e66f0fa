#include "os/files.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/inotify.hpp"
#include "os/mapped_file.hpp"
#include "support/temp_dir.hpp"

namespace tend::os {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Files : public testing::Test {
 protected:
  test::TempDir folder_{};
  Fd directory_ = open_directory(folder_.path()).value();
};

TEST_F(Files, every_descriptor_is_closed_on_exec) {
  EXPECT_EQ(::fcntl(directory_.get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(Files, reading_is_bounded) {
  const std::string path = folder_.write("file", "12345");
  EXPECT_EQ(read_file(path, 5).value(), "12345");
  EXPECT_EQ(read_file(path, 4).error().code, EFBIG);
  EXPECT_EQ(read_file(folder_ / "none", 4).error().code, ENOENT);
}

TEST_F(Files, path_with_a_nul_byte_is_refused_instead_of_cut) {
  EXPECT_FALSE(open_file(std::string("/etc/passwd\0x", 13), O_RDONLY).has_value());
}

TEST_F(Files, replacing_is_whole_and_sets_the_mode) {
  ASSERT_TRUE(replace_file_at(directory_, "file", "first", 0640));
  ASSERT_TRUE(replace_file_at(directory_, "file", "second"));
  EXPECT_EQ(test::read_file(folder_ / "file"), "second");
  EXPECT_EQ(status_at(directory_, "file")->mode, 0600U);
  EXPECT_THAT(list_directory(directory_, 10).value(), ElementsAre("file"));
}

TEST_F(Files, links_are_not_followed_below_a_directory) {
  ASSERT_EQ(::symlink("/etc/passwd", (folder_ / "link").c_str()), 0);
  EXPECT_EQ(open_at(directory_, "link", O_RDONLY).error().code, ELOOP);
  EXPECT_TRUE(status_at(directory_, "link")->is_link);
}

TEST_F(Files, directories_get_their_exact_mode) {
  const mode_t before = ::umask(0077);
  EXPECT_TRUE(make_directory(folder_ / "open", 0755).has_value());
  ::umask(before);
  EXPECT_EQ(status_at(directory_, "open")->mode, 0755U);
  EXPECT_EQ(make_directory(folder_ / "open").error().code, EEXIST);
  EXPECT_TRUE(make_directories(folder_ / "a/b/c").has_value());
  EXPECT_TRUE(make_directories(folder_ / "a/b/c").has_value());
  EXPECT_TRUE(status_of(folder_ / "a/b/c")->is_directory);
  folder_.write("file", "");
  EXPECT_FALSE(make_directories(folder_ / "file").has_value());
}

TEST_F(Files, listing_is_bounded) {
  folder_.write("a", "");
  folder_.write("b", "");
  EXPECT_THAT(list_directory(directory_, 2).value(), UnorderedElementsAre("a", "b"));
  EXPECT_THAT(list_directory(directory_, 2).value(), UnorderedElementsAre("a", "b"));
  EXPECT_EQ(list_directory(directory_, 1).error().code, EOVERFLOW);
}

TEST_F(Files, second_lock_names_the_owner) {
  auto first = lock_file_at(directory_, "lock", "pid 17").value();
  EXPECT_TRUE(first.is_held());
  const auto second = lock_file_at(directory_, "lock", "pid 18").value();
  EXPECT_FALSE(second.is_held());
  EXPECT_EQ(second.owner, "pid 17");
  first.fd.reset();
  EXPECT_TRUE(lock_file(folder_ / "lock", "pid 18").value().is_held());
}

TEST_F(Files, mapped_file_is_shared_by_all_who_map_it) {
  const MappedFile made = MappedFile::create_at(directory_, "map", 8192).value();
  made.bytes()[5000] = std::byte{7};
  const MappedFile again = MappedFile::open_at(directory_, "map").value();
  EXPECT_EQ(again.bytes().size(), 8192U);
  EXPECT_EQ(again.bytes()[5000], std::byte{7});
  EXPECT_EQ(status_of(made.fd())->mode, 0600U);
  EXPECT_EQ(MappedFile::create_at(directory_, "map", 1).error().code, EEXIST);
}

TEST_F(Files, changes_in_a_directory_are_told) {
  const Fd inotify = make_inotify().value();
  ASSERT_TRUE(watch_path(inotify, folder_.path(), IN_CREATE));
  EXPECT_THAT(read_file_events(inotify).value(), IsEmpty());
  folder_.write("fresh", "");
  const auto events = read_file_events(inotify).value();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].name, "fresh");
}

}  // namespace
}  // namespace tend::os
