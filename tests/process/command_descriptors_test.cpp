// Which descriptors a child has: exactly those that were meant, whatever the parent has open.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "process/probe.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {
namespace {

using testing::ElementsAre;

class Descriptors : public EachLevel {};

std::uint64_t inode_of(int number) {
  struct stat status{};
  ::fstat(number, &status);
  return status.st_ino;
}

/// Puts the parent's 0, 1 and 2 aside for a while.
class StandardStreams {
 public:
  StandardStreams() {
    for (int number = 0; number < 3; ++number) {
      saved_[static_cast<std::size_t>(number)] = ::fcntl(number, F_DUPFD_CLOEXEC, 100);
    }
  }
  ~StandardStreams() {
    for (int number = 0; number < 3; ++number) {
      const int saved = saved_[static_cast<std::size_t>(number)];
      ::dup2(saved, number);
      ::close(saved);
    }
  }
  StandardStreams(const StandardStreams&) = delete;
  StandardStreams& operator=(const StandardStreams&) = delete;

 private:
  std::array<int, 3> saved_{};
};

/// Some file of its own, at a number of at least `lowest`.
class OpenFile {
 public:
  explicit OpenFile(int lowest, int flags = O_CLOEXEC) {
    char name[] = "/tmp/tend-test-XXXXXX";
    const int made = ::mkstemp(name);
    ::unlink(name);
    number_ = ::fcntl(made, (flags & O_CLOEXEC) != 0 ? F_DUPFD_CLOEXEC : F_DUPFD, lowest);
    ::close(made);
  }
  ~OpenFile() { ::close(number_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_ = -1;
};

TEST_P(Descriptors, child_has_only_the_standard_streams) {
  std::vector<std::unique_ptr<OpenFile>> inheritable;
  for (int count = 0; count < 20; ++count) {
    inheritable.push_back(std::make_unique<OpenFile>(3, 0));
  }
  const Probe probe = run_probe(probe_command());
  EXPECT_THAT(probe.descriptor_numbers(), ElementsAre(0, 1, 2));
  EXPECT_FALSE(probe.descriptors.at(1).is_nonblocking);
  EXPECT_FALSE(probe.descriptors.at(2).is_nonblocking);
}

TEST_P(Descriptors, pipes_are_right_with_any_of_the_standard_streams_closed) {
  for (unsigned subset = 1; subset < 8; ++subset) {
    Result<Output> output;
    {
      const StandardStreams aside;
      for (int number = 0; number < 3; ++number) {
        if ((subset >> static_cast<unsigned>(number) & 1U) != 0) {
          ::close(number);
        }
      }
      output = Command::shell("cat; echo err >&2").input("fed").capture();
    }
    ASSERT_TRUE(output.has_value()) << output.error().message();
    EXPECT_EQ(output->out, "fed") << "closed: " << subset;
    EXPECT_EQ(output->err, "err\n") << "closed: " << subset;
  }
}

TEST_P(Descriptors, inherited_stream_that_is_closed_here_is_dev_null_there) {
  Result<Output> output;
  {
    const StandardStreams aside;
    ::close(0);
    output = probe_command().in(Stdio::inherit()).capture();
  }
  ASSERT_TRUE(output.has_value());
  const Probe probe = parse_probe(output->out);
  struct stat null{};
  ::stat("/dev/null", &null);
  EXPECT_EQ(probe.descriptors.at(0).inode, null.st_ino);
}

TEST_P(Descriptors, standard_streams_can_be_permuted) {
  const OpenFile result(50);
  std::array<int, 3> order{0, 1, 2};
  do {
    Result<ExitStatus> status = ExitStatus::exited(0);
    std::array<std::uint64_t, 3> wanted{};
    {
      const StandardStreams aside;
      for (int number = 0; number < 3; ++number) {
        const OpenFile file(60);
        ::dup2(file.number(), number);
        wanted[static_cast<std::size_t>(number)] = inode_of(number);
      }
      status = probe_command()
                   .env("PROBE_TO", "9")
                   .descriptor(9, result.number())
                   .in(Stdio::descriptor(order[0]))
                   .out(Stdio::descriptor(order[1]))
                   .err(Stdio::descriptor(order[2]))
                   .status();
    }
    ASSERT_TRUE(status.has_value());
    const Probe probe = parse_probe(read_file("/proc/self/fd/" + std::to_string(result.number())));
    ASSERT_EQ(::ftruncate(result.number(), 0), 0);
    ::lseek(result.number(), 0, SEEK_SET);
    for (std::int64_t target = 0; target < 3; ++target) {
      const auto source = static_cast<std::size_t>(order[static_cast<std::size_t>(target)]);
      EXPECT_EQ(probe.descriptors.at(target).inode, wanted[source]);
    }
  } while (std::ranges::next_permutation(order).found);
}

TEST_P(Descriptors, two_can_be_swapped) {
  const OpenFile three(33);
  const OpenFile four(44);
  const Probe probe = run_probe(probe_command()
                                    .descriptor(three.number(), four.number())
                                    .descriptor(four.number(), three.number()));
  EXPECT_EQ(probe.descriptors.at(three.number()).inode, inode_of(four.number()));
  EXPECT_EQ(probe.descriptors.at(four.number()).inode, inode_of(three.number()));
}

TEST_P(Descriptors, targets_may_equal_internal_numbers) {
  const OpenFile file(30);
  // One of these is sure to be the number of a pipe end, an error pipe or a redirection.
  Command command = probe_command();
  std::vector<std::int64_t> expected{0, 1, 2};
  for (int target = 3; target < 24; ++target) {
    command.descriptor(target, file.number());
    expected.push_back(target);
  }
  const Probe probe = run_probe(command);
  EXPECT_EQ(probe.descriptor_numbers(), expected);
  for (int target = 3; target < 24; ++target) {
    EXPECT_EQ(probe.descriptors.at(target).inode, inode_of(file.number()));
  }
}

TEST_P(Descriptors, keeping_a_number_leaves_the_parents_flag_alone) {
  const OpenFile file(30);
  const Probe probe = run_probe(probe_command().descriptor(file.number(), file.number()));
  EXPECT_EQ(probe.descriptors.at(file.number()).inode, inode_of(file.number()));
  EXPECT_EQ(::fcntl(file.number(), F_GETFD), FD_CLOEXEC);
}

TEST_P(Descriptors, one_descriptor_can_be_input_and_output) {
  const OpenFile file(30);
  const OpenFile result(40);
  ASSERT_TRUE(probe_command()
                  .env("PROBE_TO", "9")
                  .descriptor(9, result.number())
                  .in(Stdio::descriptor(file.number()))
                  .out(Stdio::descriptor(file.number()))
                  .err(Stdio::same_as_out())
                  .status()
                  .has_value());
  const Probe probe = parse_probe(read_file("/proc/self/fd/" + std::to_string(result.number())));
  for (std::int64_t target = 0; target < 3; ++target) {
    EXPECT_EQ(probe.descriptors.at(target).inode, inode_of(file.number()));
  }
}

TEST_P(Descriptors, files_are_redirected_to_and_from) {
  const TempDir directory;
  const std::string in = directory.write("in", "hello\n");
  ASSERT_TRUE(Command("cat").in(Stdio::read(in)).out(Stdio::truncate(directory / "out")).status());
  ASSERT_TRUE(Command("cat").in(Stdio::read(in)).out(Stdio::append(directory / "out")).status());
  EXPECT_EQ(read_file(directory / "out"), "hello\nhello\n");
  ASSERT_TRUE(Command::shell("echo a; echo b >&2")
                  .out(Stdio::truncate(directory / "out"))
                  .err(Stdio::same_as_out())
                  .status());
  EXPECT_EQ(read_file(directory / "out"), "a\nb\n");
}

TEST_P(Descriptors, every_reader_gets_its_end_when_its_own_child_ends) {
  constexpr int threads = 8;
  const int spawns = repeats(200);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> running;
  for (int number = 0; number < threads; ++number) {
    running.emplace_back([&wrong, number, spawns] {
      for (int count = 0; count < spawns; ++count) {
        const std::string text = std::to_string(number) + "/" + std::to_string(count);
        const auto output = Command("/bin/cat").input(text).capture();
        if (!output || output->out != text || !output->is_complete) {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : running) {
    thread.join();
  }
  EXPECT_EQ(wrong, 0);
}

/// Real spawns against the plainest model there is: who wishes a descriptor under a number, has it
/// there, and nothing else.
// NOLINTBEGIN(performance-unnecessary-value-param): so rapidcheck hands them out.
RC_GTEST_PROP(DescriptorMaps, any_map_gives_exactly_what_was_wished,
              (std::set<unsigned char> open, std::map<unsigned char, unsigned char> wanted)) {
  // NOLINTEND(performance-unnecessary-value-param)
  std::vector<std::unique_ptr<OpenFile>> files;
  files.push_back(std::make_unique<OpenFile>(3));
  for (const unsigned char number : open) {
    files.push_back(std::make_unique<OpenFile>(3 + number % 40, number % 2 == 0 ? O_CLOEXEC : 0));
  }
  Command command = probe_command();
  std::map<std::int64_t, std::uint64_t> model;
  for (const auto& [target, pick] : wanted) {
    const int source = files[pick % files.size()]->number();
    command.descriptor(3 + target % 50, source);
    model[3 + target % 50] = inode_of(source);
  }
  const auto output = command.capture();
  RC_ASSERT(output.has_value());
  std::map<std::int64_t, std::uint64_t> seen;
  for (const auto& [number, descriptor] : parse_probe(output->out).descriptors) {
    if (number >= 3) {
      seen[number] = descriptor.inode;
    }
  }
  RC_ASSERT(seen == model);
}

TEND_AT_EACH_LEVEL(Descriptors);

}  // namespace
}  // namespace tend::test
