// Pipes of one's own, and reading and writing within a time.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <tend/command.hpp>
#include <tend/pipe.hpp>
#include <tend/read_write.hpp>

#include <cerrno>
#include <csignal>
#include <string>
#include <thread>

#include "os/pipe.hpp"
#include "os/signals.hpp"

namespace tend::test {
namespace {

using namespace std::chrono_literals;

TEST(Pipe, carries_bytes_between_two_threads_until_the_write_end_closes) {
  Pipe pipe = Pipe::make().value();
  const std::string sent(1'000'000, 'x');
  std::thread writer([&] {
    EXPECT_TRUE(write_to(pipe.write, sent));
    pipe.write.reset();
  });
  const auto received = read_to_end(pipe.read, 2'000'000, 30s);
  writer.join();
  ASSERT_TRUE(received) << received.error().message();
  EXPECT_TRUE(*received == sent);
}

TEST(Pipe, joins_two_children) {
  Pipe pipe = Pipe::make().value();
  auto producer =
      Command::shell("echo through a pipe").out(Stdio::descriptor(pipe.write.get())).spawn();
  auto consumer = Command("/bin/cat").in(Stdio::descriptor(pipe.read.get())).out(Stdio::pipe());
  auto reader = consumer.spawn();
  ASSERT_TRUE(producer && reader);
  pipe.write.reset();
  EXPECT_EQ(read_to_end(reader->out(), 100, 30s).value(), "through a pipe\n");
  EXPECT_TRUE(producer->wait()->success());
  EXPECT_TRUE(reader->wait()->success());
}

TEST(Pipe, holds_as_much_as_was_asked_for_before_a_writer_waits) {
  const Pipe pipe = Pipe::make({.buffer_bytes = 256UL * 1024}).value();
  EXPECT_GE(pipe.buffer_bytes, 256UL * 1024);
  EXPECT_EQ(pipe.less_because, std::nullopt);
  EXPECT_TRUE(write_to(pipe.write, std::string(256UL * 1024, 'x'), 0s));
}

TEST(Pipe, says_what_was_granted_when_the_wanted_size_is_refused) {
  // Above what an int can say, no privilege helps.
  const Pipe pipe = Pipe::make({.buffer_bytes = std::size_t{1} << 31U}).value();
  ASSERT_TRUE(pipe.less_because.has_value());
  EXPECT_LT(pipe.buffer_bytes, std::size_t{1} << 31U);
  EXPECT_EQ(os::pipe_size(pipe.write).value(), pipe.buffer_bytes);
  EXPECT_TRUE(pipe.less_because->detail.contains(std::to_string(pipe.buffer_bytes) + " granted"))
      << pipe.less_because->message();
}

TEST(Reading, ends_with_etimedout_when_nothing_comes) {
  const Pipe pipe = Pipe::make().value();
  char byte = 0;
  EXPECT_EQ(read_from(pipe.read, std::span(&byte, 1), 0s).error().code, ETIMEDOUT);
  EXPECT_EQ(read_to_end(pipe.read, 10, 2ms).error().code, ETIMEDOUT);
}

TEST(Reading, refuses_more_than_was_agreed) {
  Pipe pipe = Pipe::make().value();
  ASSERT_TRUE(write_to(pipe.write, "12345"));
  pipe.write.reset();
  EXPECT_EQ(read_to_end(pipe.read, 4).error().code, EFBIG);
}

TEST(Reading, works_on_a_descriptor_that_does_not_block) {
  Pipe pipe = Pipe::make().value();
  ASSERT_TRUE(os::set_nonblocking(pipe.read));
  std::thread writer([&] {
    EXPECT_TRUE(write_to(pipe.write, "late"));
    pipe.write.reset();
  });
  EXPECT_EQ(read_to_end(pipe.read, 10).value(), "late");
  writer.join();
}

TEST(Reading, of_a_closed_descriptor_is_an_error_and_not_a_wait) {
  char byte = 0;
  EXPECT_EQ(read_from(Fd(), std::span(&byte, 1)).error().code, EBADF);
  EXPECT_EQ(write_to(Fd(), "x", 1s).error().code, EBADF);
}

TEST(Writing, to_a_pipe_that_nobody_reads_is_epipe_and_no_signal) {
  Pipe pipe = Pipe::make().value();
  pipe.read.reset();
  EXPECT_EQ(write_to(pipe.write, "x").error().code, EPIPE);
  EXPECT_EQ(write_to(pipe.write, "x", 1s).error().code, EPIPE);
  EXPECT_FALSE(os::pending_signals().contains(SIGPIPE));
}

TEST(Writing, into_a_full_pipe_ends_with_the_time_and_says_how_far_it_came) {
  const Pipe pipe = Pipe::make().value();
  const std::string bytes(pipe.buffer_bytes + 5000, 'x');
  const auto written = write_to(pipe.write, bytes, 5ms);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ETIMEDOUT);
  EXPECT_EQ(written.error().detail, std::to_string(pipe.buffer_bytes) + " of " +
                                        std::to_string(bytes.size()) + " bytes were written");
}

}  // namespace
}  // namespace tend::test
