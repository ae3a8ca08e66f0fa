#include "service/director/notify_socket.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "os/files.hpp"
#include "os/pipe.hpp"
#include "os/socket_name.hpp"
#include "os/unix_socket.hpp"
#include "support/temp_dir.hpp"

namespace tend::service {
namespace {

using testing::MatchesRegex;

class NotifySocket : public testing::Test {
 protected:
  NotifySocket() {
    auto bound = bind_notify_socket("demo", "web.1");
    EXPECT_TRUE(bound) << bound.error().message();
    bound_ = *std::move(bound);
  }

  void send(std::string_view text, std::span<const os::Fd* const> descriptors = {}) {
    const auto sent = os::send_datagram(bound_.address, text, descriptors);
    ASSERT_TRUE(sent) << sent.error().message();
  }

  Notifications receive(std::size_t datagrams_max = 64) {
    auto taken = receive_notifications(bound_.socket, datagrams_max);
    EXPECT_TRUE(taken) << taken.error().message();
    return taken ? *std::move(taken) : Notifications{};
  }

  BoundNotifySocket bound_{};
};

/// Whether every copy of the write end is closed.
bool has_ended(const os::Fd& read_end) {
  char byte = 0;
  return ::read(read_end.get(), &byte, 1) == 0;
}

struct WatchedPipe {
  WatchedPipe() {
    auto made = os::make_pipe();
    EXPECT_TRUE(made);
    read = std::move(made->read);
    write = std::move(made->write);
    EXPECT_TRUE(os::set_nonblocking(read));
  }
  os::Fd read{};
  os::Fd write{};
};

TEST_F(NotifySocket, has_an_abstract_name_of_project_and_service) {
  EXPECT_THAT(bound_.address, MatchesRegex("@tend/demo/[0-9a-f]{16}/web\\.1"));
  EXPECT_EQ(notify_address(bound_.socket).value_or("?"), bound_.address);
}

TEST_F(NotifySocket, has_a_fresh_name_each_time) {
  const auto other = bind_notify_socket("demo", "web.1");
  ASSERT_TRUE(other);
  EXPECT_NE(other->address, bound_.address);
}

TEST_F(NotifySocket, has_a_name_that_fits_however_long_the_names_are) {
  const auto longest = bind_notify_socket(std::string(64, 'p'), std::string(66, 's'));
  ASSERT_TRUE(longest) << longest.error().message();
  EXPECT_EQ(longest->address.size(), os::socket_path_bytes_max);
  EXPECT_THAT(longest->address, MatchesRegex("@tend/p+/[0-9a-f]{16}/s+"));
  EXPECT_EQ(notify_address(longest->socket).value_or("?"), longest->address);
  EXPECT_TRUE(os::send_datagram(longest->address, "READY=1"));
  EXPECT_TRUE(receive_notifications(longest->socket)->list.at(0).message.ready);
}

TEST_F(NotifySocket, tells_what_was_said_by_whom) {
  send("READY=1\nSTATUS=here");
  const Notifications taken = receive();
  ASSERT_EQ(taken.list.size(), 1U);
  EXPECT_TRUE(taken.list[0].message.ready);
  EXPECT_EQ(taken.list[0].message.status, "here");
  EXPECT_EQ(taken.list[0].sender.pid, ::getpid());
  EXPECT_EQ(taken.list[0].sender.uid, ::geteuid());
  EXPECT_EQ(taken.dropped, 0U);
}

TEST_F(NotifySocket, nothing_waiting_is_an_empty_list) { EXPECT_TRUE(receive().list.empty()); }

TEST_F(NotifySocket, a_sender_that_has_gone_is_named_all_the_same) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(os::send_datagram(bound_.address, "READY=1") ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  const Notifications taken = receive();
  ASSERT_EQ(taken.list.size(), 1U);
  EXPECT_EQ(taken.list[0].sender.pid, child);
}

TEST_F(NotifySocket, keeps_the_order_and_stops_at_the_bound) {
  for (int count = 0; count < 8; ++count) {
    send("STATUS=" + std::to_string(count));
  }
  const Notifications first = receive(5);
  ASSERT_EQ(first.list.size(), 5U);
  const Notifications rest = receive(5);
  ASSERT_EQ(rest.list.size(), 3U);
  EXPECT_EQ(first.list[4].message.status, "4");
  EXPECT_EQ(rest.list[0].message.status, "5");
}

TEST_F(NotifySocket, reading_frees_a_sender_that_the_full_queue_holds_back) {
  // Non-blocking here: where the queue blocks a service, it gives us EAGAIN.
  os::Fd sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  bound_.address.copy(address.sun_path, sizeof address.sun_path);
  address.sun_path[0] = '\0';
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + bound_.address.size());
  ASSERT_EQ(::connect(sender.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  std::size_t sent = 0;
  std::size_t received = 0;
  for (int round = 0; round < 100; ++round) {
    for (int burst = 0; burst < 1000 && ::send(sender.get(), "WATCHDOG=1", 10, 0) == 10; ++burst) {
      ++sent;
    }
    EXPECT_EQ(errno, EAGAIN);
    received += receive().list.size();
  }
  EXPECT_EQ(received, sent);
  EXPECT_GE(sent, 100U);
}

TEST_F(NotifySocket, a_barrier_is_closed_when_all_before_it_is_dealt_with) {
  WatchedPipe pipe;
  const os::Fd* const descriptors[] = {&pipe.write};
  send("READY=1");
  send("BARRIER=1", descriptors);
  pipe.write.reset();
  EXPECT_FALSE(has_ended(pipe.read));
  {
    const Notifications taken = receive();
    ASSERT_EQ(taken.list.size(), 2U);
    EXPECT_TRUE(taken.list[1].message.barrier);
    EXPECT_TRUE(taken.list[1].barrier.is_open());
    EXPECT_FALSE(has_ended(pipe.read)) << "READY=1 is not dealt with yet";
  }
  EXPECT_TRUE(has_ended(pipe.read));
}

TEST_F(NotifySocket, a_barrier_with_no_or_two_descriptors_is_none) {
  WatchedPipe pipe;
  const os::Fd* const both[] = {&pipe.write, &pipe.write};
  send("BARRIER=1");
  send("BARRIER=1", both);
  pipe.write.reset();
  const Notifications taken = receive();
  ASSERT_EQ(taken.list.size(), 2U);
  EXPECT_FALSE(taken.list[0].barrier.is_open());
  EXPECT_FALSE(taken.list[1].barrier.is_open());
  EXPECT_TRUE(has_ended(pipe.read));
}

TEST_F(NotifySocket, descriptors_that_nobody_asked_for_are_closed) {
  WatchedPipe pipe;
  std::vector<const os::Fd*> many(os::descriptors_per_message_max, &pipe.write);
  send("FDSTORE=1\nFDNAME=x\nREADY=1", many);
  pipe.write.reset();
  const Notifications taken = receive();
  ASSERT_EQ(taken.list.size(), 1U);
  EXPECT_TRUE(taken.list[0].message.ready);
  EXPECT_TRUE(has_ended(pipe.read));
}

TEST_F(NotifySocket, a_giant_datagram_is_dropped_with_its_descriptors) {
  WatchedPipe pipe;
  const os::Fd* const descriptors[] = {&pipe.write};
  send("READY=1\n" + std::string(notify_bytes_max, 'x'), descriptors);
  pipe.write.reset();
  send("STATUS=after it");
  const Notifications taken = receive();
  EXPECT_EQ(taken.dropped, 1U);
  ASSERT_EQ(taken.list.size(), 1U);
  EXPECT_EQ(taken.list[0].message.status, "after it");
  EXPECT_TRUE(has_ended(pipe.read));
}

TEST_F(NotifySocket, an_empty_datagram_says_nothing_and_ends_nothing) {
  send("");
  send("READY=1");
  const Notifications taken = receive();
  ASSERT_EQ(taken.list.size(), 2U);
  EXPECT_EQ(taken.list[0].message, NotifyMessage{});
  EXPECT_TRUE(taken.list[1].message.ready);
}

TEST(SocketName, is_a_path_an_abstract_name_or_empty) {
  const tend::test::TempDir directory;
  const std::string path = directory / "socket";
  const auto listener = os::listen_unix(path);
  ASSERT_TRUE(listener);
  EXPECT_EQ(os::name_of(*listener).value_or("?"), path);
  const auto pair = os::stream_pair();
  ASSERT_TRUE(pair);
  EXPECT_EQ(os::name_of(pair->first).value_or("?"), "");
  const auto file = os::open_file("/dev/null", O_RDONLY);
  EXPECT_FALSE(os::name_of(*file));
  const os::Fd inet(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_FALSE(os::name_of(inet));
}

}  // namespace
}  // namespace tend::service
