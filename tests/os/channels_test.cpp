// Pipes, sockets and signals as things to read.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "os/files.hpp"
#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "os/procfs.hpp"
#include "os/signals.hpp"
#include "os/unix_socket.hpp"
#include "support/temp_dir.hpp"

namespace tend::os {
namespace {

TEST(DurablePipe, write_end_survives_its_reader) {
  const test::TempDir folder;
  const Fd directory = open_directory(folder.path()).value();
  DurablePipe pipe = make_durable_pipe(::geteuid(), directory).value();
  EXPECT_EQ(pipe.means, DurableMeans::proc);
  EXPECT_EQ(::fcntl(pipe.write.get(), F_GETFL) & O_ACCMODE, O_RDWR);
  EXPECT_EQ(status_of(pipe.write)->mode, 0600U);
  ASSERT_TRUE(write_all(pipe.write, "before "));
  pipe.read.reset();
  ASSERT_TRUE(write_all(pipe.write, "after")) << "no SIGPIPE";
  const Fd again =
      open_file("/proc/self/fd/" + std::to_string(pipe.write.get()), O_RDONLY | O_NONBLOCK).value();
  std::array<char, 64> buffer{};
  EXPECT_EQ(read_some(again, buffer).value(), 12U);
}

TEST(Pipe, writing_without_reader_is_an_error_and_no_signal) {
  Pipe pipe = make_pipe().value();
  pipe.read.reset();
  EXPECT_EQ(write_without_signal(pipe.write, "x").error().code, EPIPE);
  EXPECT_TRUE(pending_signals().empty());
}

TEST(Pipe, size_can_be_asked_for) {
  const Pipe pipe = make_pipe().value();
  EXPECT_EQ(resize_pipe(pipe.read, 262144).value(), 262144U);
  EXPECT_EQ(pipe_size(pipe.write).value(), 262144U);
}

TEST(UnixSocket, listens_for_its_owner_only_and_knows_its_peer) {
  const test::TempDir folder;
  const Fd listener = listen_unix(folder / "socket").value();
  EXPECT_EQ(status_of(folder / "socket")->mode, 0600U);
  EXPECT_EQ(accept_unix(listener).value(), std::nullopt);
  const Fd client = connect_unix(folder / "socket").value();
  const auto server = accept_unix(listener).value();
  ASSERT_TRUE(server.has_value());
  EXPECT_EQ(peer_of(*server)->pid, ::getpid());
  EXPECT_EQ(peer_of(*server)->uid, ::geteuid());
  ASSERT_TRUE(send_message(client, "hello"));
  EXPECT_EQ(receive_message(*server, 100).value()->bytes, "hello");
  EXPECT_EQ(listen_unix(folder / "socket").error().code, EADDRINUSE);
}

TEST(UnixSocket, too_long_path_is_told_with_its_bound) {
  const auto made = listen_unix("/tmp/" + std::string(200, 'x'));
  EXPECT_EQ(made.error().code, ENAMETOOLONG);
  EXPECT_THAT(made.error().message(), testing::HasSubstr("107"));
}

TEST(UnixSocket, descriptors_travel_and_arrive_closed_on_exec) {
  const auto [here, there] = packet_pair().value();
  const Pipe pipe = make_pipe().value();
  const std::array<const Fd*, 2> sent{&pipe.read, &pipe.write};
  ASSERT_TRUE(send_message(here, "two", sent));
  auto received = receive_message(there, 100).value().value();
  EXPECT_EQ(received.bytes, "two");
  ASSERT_EQ(received.descriptors.size(), 2U);
  EXPECT_EQ(::fcntl(received.descriptors[0].get(), F_GETFD), FD_CLOEXEC);
  ASSERT_TRUE(write_all(received.descriptors[1], "x"));
  std::array<char, 1> byte{};
  EXPECT_EQ(read_some(pipe.read, byte).value(), 1U);
}

TEST(UnixSocket, message_that_does_not_fit_is_an_error_and_leaks_nothing) {
  const auto [here, there] = packet_pair().value();
  const std::array<const Fd*, 1> sent{&here};
  ASSERT_TRUE(send_message(here, "long message", sent));
  EXPECT_EQ(receive_message(there, 3).error().code, EMSGSIZE);
}

TEST(UnixSocket, end_of_the_peer_is_told) {
  auto [here, there] = packet_pair().value();
  here.reset();
  EXPECT_TRUE(receive_message(there, 10).value()->is_end);
  EXPECT_EQ(send_message(there, "x").error().code, EPIPE);
}

TEST(UnixSocket, datagrams_carry_their_sender) {
  const test::TempDir folder;
  for (const std::string& address :
       {folder / "notify", "@tend-test-" + std::to_string(::getpid())}) {
    const Fd socket = bind_datagram(address).value();
    EXPECT_EQ(receive_message(socket, 100).value(), std::nullopt);
    ASSERT_TRUE(send_datagram(address, "READY=1"));
    const auto received = receive_message(socket, 100).value();
    ASSERT_TRUE(received.has_value());
    EXPECT_EQ(received->bytes, "READY=1");
    EXPECT_EQ(received->sender->pid, ::getpid());
  }
}

TEST(Signalfd, tells_what_arrived) {
  const SignalSet before = signal_mask();
  const Fd signals = open_signalfd({SIGUSR1}).value();
  EXPECT_TRUE(read_signals(signals)->empty());
  ::kill(::getpid(), SIGUSR1);
  const auto arrived = read_signals(signals).value();
  set_signal_mask(before);
  ASSERT_EQ(arrived.size(), 1U);
  EXPECT_EQ(arrived[0].number, SIGUSR1);
  EXPECT_EQ(arrived[0].sender_pid, ::getpid());
}

TEST(SignalMask, reaches_the_signals_that_libc_hides) {
  const SignalSet before = block_all_signals();
  EXPECT_TRUE(signal_mask().contains(32));
  EXPECT_TRUE(signal_mask().contains(33));
  set_signal_mask(before);
}

TEST(Pidfd, of_nobody_is_esrch) { EXPECT_EQ(open_pidfd(4'194'300).error().code, ESRCH); }

TEST(Pidfd, knows_its_pid) {
  const Fd self = open_pidfd(::getpid()).value();
  EXPECT_EQ(pid_of(self).value(), ::getpid());
  EXPECT_FALSE(has_exited(self).value());
  EXPECT_TRUE(send_signal(self, 0).has_value());
  EXPECT_EQ(reap(self, Waiting::no).error().code, ECHILD);
}

}  // namespace
}  // namespace tend::os
