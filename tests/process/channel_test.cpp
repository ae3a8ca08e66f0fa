// Messages with descriptors between processes.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>
#include <tend/channel.hpp>
#include <tend/command.hpp>
#include <tend/pipe.hpp>
#include <tend/read_write.hpp>

#include <cerrno>
#include <string>
#include <thread>

#include "support/temp_dir.hpp"

namespace tend::test {
namespace {

using namespace std::chrono_literals;

std::pair<Channel, Channel> made(ChannelOptions options = {}) {
  return Channel::make_pair(options).value();
}

TEST(Channel, carries_messages_whole_and_in_order) {
  auto [one, other] = made();
  ASSERT_TRUE(one.send("first"));
  ASSERT_TRUE(one.send(std::string("a\0b", 3)));
  ASSERT_TRUE(one.send(""));
  ASSERT_TRUE(one.send("last"));
  EXPECT_EQ(other.receive().value()->bytes, "first");
  EXPECT_EQ(other.receive().value()->bytes, std::string("a\0b", 3));
  EXPECT_EQ(other.receive().value()->bytes, "");
  EXPECT_EQ(other.receive().value()->bytes, "last");
}

TEST(Channel, tells_an_empty_message_from_the_end) {
  auto [one, other] = made();
  ASSERT_TRUE(one.send(""));
  one = {};
  ASSERT_TRUE(other.receive().value().has_value());
  EXPECT_FALSE(other.receive().value().has_value());
  EXPECT_FALSE(other.receive().value().has_value());
}

TEST(Channel, carries_descriptors_that_are_close_on_exec_and_open_the_same_file) {
  auto [one, other] = made();
  Pipe pipe = Pipe::make().value();
  ASSERT_TRUE(one.send("write here", {pipe.write}));
  pipe.write.reset();
  {
    const auto message = other.receive().value();
    ASSERT_EQ(message->descriptors.size(), 1U);
    EXPECT_EQ(::fcntl(message->descriptors[0].get(), F_GETFD), FD_CLOEXEC);
    ASSERT_TRUE(write_to(message->descriptors[0], "by way of a channel"));
  }
  EXPECT_EQ(read_to_end(pipe.read, 100, 30s).value(), "by way of a channel");
}

TEST(Channel, carries_as_many_descriptors_as_the_kernel_allows_and_refuses_one_more) {
  auto [one, other] = made();
  const Pipe pipe = Pipe::make().value();
  std::vector<std::reference_wrapper<const Fd>> many(Channel::descriptors_max, pipe.read);
  ASSERT_TRUE(one.send("", many));
  EXPECT_EQ(other.receive().value()->descriptors.size(), Channel::descriptors_max);
  many.emplace_back(pipe.read);
  const auto refused = one.send("", many);
  EXPECT_EQ(refused.error().code, E2BIG);
  EXPECT_TRUE(refused.error().message().contains("254 descriptors in one message, at most 253 fit"))
      << refused.error().message();
  EXPECT_EQ(other.receive(0s).error().code, ETIMEDOUT);
}

TEST(Channel, says_who_sent_a_message) {
  auto [one, other] = made();
  ASSERT_TRUE(one.send("x"));
  const Credentials ours{.pid = ::getpid(), .uid = ::geteuid(), .gid = ::getegid()};
  EXPECT_EQ(other.receive().value()->sender, ours);
  EXPECT_EQ(other.peer().value(), ours);
}

TEST(Channel, takes_messages_up_to_the_size_that_it_names_and_refuses_longer_ones) {
  auto [one, other] = made();
  const std::size_t most = one.message_bytes_max().value();
  ASSERT_TRUE(one.send(std::string(most, 'x'), {}, 0s));
  EXPECT_EQ(other.receive().value()->bytes.size(), most);
  const auto refused = one.send(std::string(most + 1, 'x'), {}, 0s);
  ASSERT_EQ(refused.error().code, EMSGSIZE);
  EXPECT_TRUE(refused.error().detail.contains(std::to_string(most))) << refused.error().message();
}

TEST(Channel, grants_longer_messages_when_asked_or_says_what_it_granted) {
  auto [one, other] = made({.message_bytes = 300'000});
  const std::size_t most = one.message_bytes_max().value();
  ASSERT_TRUE(one.send(std::string(most, 'x'), {}, 0s));
  EXPECT_EQ(other.receive().value()->bytes.size(), most);
}

TEST(Channel, never_cuts_a_message_silently) {
  auto [one, other] = made();
  const Pipe pipe = Pipe::make().value();
  ASSERT_TRUE(one.send("too long", {pipe.read}));
  ASSERT_TRUE(one.send("fits"));
  const auto refused = other.receive({}, 4);
  EXPECT_EQ(refused.error().code, EMSGSIZE);
  EXPECT_TRUE(refused.error().detail.contains("8 bytes where at most 4")) << refused.error().detail;
  EXPECT_EQ(other.receive({}, 4).value()->bytes, "fits");
}

TEST(Channel, tells_when_this_process_cannot_open_the_descriptors_of_a_message) {
  auto [one, other] = made();
  const Pipe pipe = Pipe::make().value();
  ASSERT_TRUE(one.send("", {pipe.read, pipe.read, pipe.read}));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const Fd highest(::dup(pipe.read.get()));
  const rlimit tight{.rlim_cur = static_cast<rlim_t>(highest.get()) + 2,
                     .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  const auto refused = other.receive();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EMFILE);
}

TEST(Channel, send_to_a_closed_end_is_epipe_and_no_signal) {
  auto [one, other] = made();
  other = {};
  EXPECT_EQ(one.send("x").error().code, EPIPE);
}

TEST(Channel, more_descriptors_on_their_way_than_a_user_may_have_open_are_refused_by_name) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  // A user that nobody else is: the kernel counts for all processes of a user.
  const auto lonely = static_cast<uid_t>(20000 + (::getpid() % 40000));
  const auto output = Command(program("in_flight"))
                          .user(lonely, lonely)
                          .limit(Resource::descriptors, 64, 64)
                          .capture();
  ASSERT_TRUE(output.has_value()) << output.error().message();
  EXPECT_EQ(output->out,
            "send channel: more descriptors of this user are on their way, unread, than its limit "
            "of open files (RLIMIT_NOFILE): Too many references: cannot splice\nsent again\n")
      << output->err;
}

TEST(Channel, gives_what_the_other_end_sent_before_it_closed_with_messages_unread) {
  auto [one, other] = made();
  ASSERT_TRUE(one.send("never read"));
  ASSERT_TRUE(other.send("farewell"));
  other = {};
  EXPECT_EQ(one.receive().value()->bytes, "farewell");
  EXPECT_FALSE(one.receive().value().has_value());
}

TEST(Channel, send_waits_for_the_reader_and_ends_with_the_time) {
  auto [one, other] = made();
  int sent = 0;
  Result<> last;
  while ((last = one.send("x", {}, 0s))) {
    ++sent;
  }
  EXPECT_EQ(last.error().code, ETIMEDOUT);
  EXPECT_GT(sent, 0);
  std::thread reader([&, &peer = other] {
    for (int count = 0; count < sent + 1; ++count) {
      EXPECT_TRUE(peer.receive(30s));
    }
  });
  EXPECT_TRUE(one.send("x", {}, 30s));
  reader.join();
}

TEST(Channel, is_handed_to_a_child_and_opened_there) {
  auto [ours, theirs] = made();
  auto child = Command(program("channel_echo")).descriptor(7, theirs.fd().get()).spawn();
  ASSERT_TRUE(child) << child.error().message();
  theirs = {};
  Pipe pipe = Pipe::make().value();
  ASSERT_TRUE(ours.send("hello", {pipe.write}));
  pipe.write.reset();
  const auto answer = ours.receive(30s).value();
  EXPECT_EQ(answer->bytes, "hello");
  EXPECT_EQ(answer->sender.pid, child->pid());
  EXPECT_EQ(read_to_end(pipe.read, 100, 30s).value(), "1 descriptor");
  EXPECT_FALSE(ours.receive(30s).value().has_value());
  EXPECT_EQ(child->wait().value(), ExitStatus::exited(0));
}

TEST(Channel, refuses_a_descriptor_that_is_no_channel_and_leaves_it_open) {
  const Pipe pipe = Pipe::make().value();
  EXPECT_EQ(Channel::from_descriptor(pipe.read.get()).error().code, ENOTSOCK);
  EXPECT_GE(::fcntl(pipe.read.get(), F_GETFD), 0);
  EXPECT_EQ(Channel::from_descriptor(-1).error().code, EBADF);
}

TEST(Channel, is_closed_when_default_made) {
  Channel closed;
  EXPECT_EQ(closed.send("x").error().code, EBADF);
  EXPECT_EQ(closed.receive().error().code, EBADF);
}

}  // namespace
}  // namespace tend::test
