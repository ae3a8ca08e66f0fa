// What must hold at every level of spawning, beyond what one child sees of itself: signals that
// keep coming, tables of thousands of descriptors, errors of the moment, a host that reaps.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>

#include "os/fd.hpp"
#include "os/pidfd.hpp"
#include "os/spawn_means.hpp"
#include "process/probe.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {
namespace {

using testing::ElementsAre;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int slowness = 10;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int slowness = 10;
#else
constexpr int slowness = 1;
#endif
#else
constexpr int slowness = 1;
#endif

// --- signals -------------------------------------------------------------------------------------

/// Shared with every child, whatever else is.
struct Storm {
  pid_t parent = 0;
  std::atomic<std::uint64_t> handled_here{0};
  std::atomic<std::uint64_t> handled_in_a_child{0};
};

Storm* storm = nullptr;

void count_signal(int /*number*/) {
  (::getpid() == storm->parent ? storm->handled_here : storm->handled_in_a_child).fetch_add(1);
}

/// SIGALRM every 200 us, with a handler and without SA_RESTART, as long as it lives.
class SignalStorm {
 public:
  SignalStorm() {
    void* shared =
        ::mmap(nullptr, sizeof(Storm), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    storm = new (shared) Storm{.parent = ::getpid()};
    struct sigaction action{};
    action.sa_handler = count_signal;
    ::sigaction(SIGALRM, &action, &before_);
    const itimerval often{.it_interval = {.tv_sec = 0, .tv_usec = 200},
                          .it_value = {.tv_sec = 0, .tv_usec = 200}};
    ::setitimer(ITIMER_REAL, &often, nullptr);
  }
  SignalStorm(const SignalStorm&) = delete;
  SignalStorm& operator=(const SignalStorm&) = delete;
  ~SignalStorm() {
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &before_, nullptr);
    ::munmap(storm, sizeof(Storm));
  }

 private:
  struct sigaction before_{};
};

class SignalStorms : public EachLevel {};

TEST_P(SignalStorms, no_handler_runs_in_a_child_and_no_interruption_surfaces) {
  const int count = repeats(10'000 / slowness);
  const Command nothing(program("nothing"));
  const SignalStorm signals;
  for (int turn = 0; turn < count; ++turn) {
    auto child = nothing.spawn();
    ASSERT_TRUE(child.has_value()) << turn << ": " << child.error().message();
    const auto status = child->wait();
    ASSERT_TRUE(status.has_value()) << turn << ": " << status.error().message();
    ASSERT_TRUE(status->success()) << turn << ": " << status->description();
  }
  EXPECT_EQ(storm->handled_in_a_child.load(), 0U);
  EXPECT_GT(storm->handled_here.load(), 0U);
}

TEST_P(SignalStorms, capture_is_not_disturbed) {
  const SignalStorm signals;
  for (int turn = 0; turn < repeats(100 / slowness); ++turn) {
    const auto output = Command::shell("head -c 100000 /dev/zero; cat >&2").input("abc").capture();
    ASSERT_TRUE(output.has_value()) << output.error().message();
    EXPECT_EQ(output->out.size(), 100'000U);
    EXPECT_EQ(output->err, "abc");
  }
  EXPECT_EQ(storm->handled_in_a_child.load(), 0U);
}

TEND_AT_EACH_LEVEL(SignalStorms);

// --- descriptors ---------------------------------------------------------------------------------

/// Room for so many descriptors, as long as it lives; false when the hard limit is below.
class RoomForDescriptors {
 public:
  explicit RoomForDescriptors(rlim_t count) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit raised{.rlim_cur = std::max(count, before_.rlim_cur),
                        .rlim_max = before_.rlim_max};
    is_there_ = ::setrlimit(RLIMIT_NOFILE, &raised) == 0;
  }
  RoomForDescriptors(const RoomForDescriptors&) = delete;
  RoomForDescriptors& operator=(const RoomForDescriptors&) = delete;
  ~RoomForDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  explicit operator bool() const { return is_there_; }

 private:
  rlimit before_{};
  bool is_there_ = false;
};

std::vector<Fd> open_many(std::size_t count, int flags) {
  std::vector<Fd> many;
  while (many.size() < count) {
    many.emplace_back(::open("/dev/null", O_RDONLY | flags));
  }
  return many;
}

bool all_open(const std::vector<Fd>& many) {
  return std::ranges::all_of(many, [](const Fd& fd) { return os::is_open_descriptor(fd.get()); });
}

class ManyDescriptors : public EachLevel {};

TEST_P(ManyDescriptors, child_has_its_own_and_the_parent_keeps_its_all) {
  const RoomForDescriptors room(6000);
  if (!room) {
    GTEST_SKIP() << "no room for descriptors";
  }
  const auto many = open_many(5000, 0);  // Inheritable, all of them.
  const int last = many.back().get();
  EXPECT_THAT(run_probe(probe_command()).descriptor_numbers(), ElementsAre(0, 1, 2));
  EXPECT_THAT(run_probe(probe_command().descriptor(3, last)).descriptor_numbers(),
              ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(run_probe(probe_command().descriptor(4000, many.front().get())).descriptor_numbers(),
              ElementsAre(0, 1, 2, 4000));
  EXPECT_TRUE(all_open(many));
}

TEST_P(ManyDescriptors, moves_among_low_numbers_stay_the_childs_own) {
  const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Fd zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const auto child = Command::shell("test /dev/fd/" + std::to_string(null.get()) +
                                    " -ef /dev/zero && test /dev/fd/" + std::to_string(zero.get()) +
                                    " -ef /dev/null")
                         .descriptor(null.get(), zero.get())
                         .descriptor(zero.get(), null.get())
                         .status();
  ASSERT_TRUE(child.has_value()) << child.error().message();
  EXPECT_TRUE(child->success());
  char byte = 'x';
  EXPECT_EQ(::read(null.get(), &byte, 1), 0);
  EXPECT_EQ(::read(zero.get(), &byte, 1), 1);
}

TEST_P(ManyDescriptors, other_threads_that_open_and_close_notice_nothing) {
  std::atomic<bool> is_over{false};
  std::atomic<int> surprises{0};
  std::vector<std::thread> busy;
  for (int index = 0; index < 3; ++index) {
    busy.emplace_back([&] {
      while (!is_over.load()) {
        const int opened = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
        char byte = 'x';
        surprises += opened < 0 || ::read(opened, &byte, 1) != 1 || byte != '\0' ? 1 : 0;
        surprises += ::close(opened) != 0 ? 1 : 0;
      }
    });
  }
  for (int turn = 0; turn < repeats(500 / slowness); ++turn) {
    const auto status = Command(program("nothing")).status();
    EXPECT_TRUE(status && status->success());
  }
  EXPECT_THAT(run_probe(probe_command()).descriptor_numbers(), ElementsAre(0, 1, 2));
  is_over = true;
  for (std::thread& thread : busy) {
    thread.join();
  }
  EXPECT_EQ(surprises.load(), 0);
}

TEST_P(ManyDescriptors, failed_exec_leaves_the_table_alone) {
  const auto many = open_many(100, O_CLOEXEC);
  for (int turn = 0; turn < 20; ++turn) {
    const auto child = Command("/no/such/program").spawn();
    ASSERT_FALSE(child.has_value());
    EXPECT_EQ(child.error().code, ENOENT);
  }
  EXPECT_TRUE(all_open(many));
}

TEND_AT_EACH_LEVEL(ManyDescriptors);

// --- errors of the moment ------------------------------------------------------------------------

/// A limit that is lower as long as it lives.
class LowerLimit {
 public:
  LowerLimit(int resource, rlim_t soft) : resource_(resource) {
    getrlimit(static_cast<__rlimit_resource>(resource_), &before_);
    const rlimit lower{.rlim_cur = soft, .rlim_max = before_.rlim_max};
    setrlimit(static_cast<__rlimit_resource>(resource_), &lower);
  }
  LowerLimit(const LowerLimit&) = delete;
  LowerLimit& operator=(const LowerLimit&) = delete;
  ~LowerLimit() { setrlimit(static_cast<__rlimit_resource>(resource_), &before_); }

 private:
  int resource_;
  rlimit before_{};
};

TEST(Means, shortage_while_probing_is_an_error_and_no_verdict) {
  os::forget_spawn_means();
  const os::SpawnMeans usual = os::spawn_means().value();
  os::forget_spawn_means();
  {
    Fd lowest(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const auto count = static_cast<rlim_t>(lowest.get());
    lowest.reset();
    const LowerLimit none_left(RLIMIT_NOFILE, count);
    const auto means = os::spawn_means();
    ASSERT_FALSE(means.has_value());
    EXPECT_EQ(means.error().code, EMFILE);
    const auto child = Command("/bin/true").spawn();
    ASSERT_FALSE(child.has_value());
    EXPECT_EQ(child.error().code, EMFILE);
  }
  EXPECT_EQ(os::spawn_means().value(), usual);
}

// --- a host that reaps ---------------------------------------------------------------------------

/// Whether kernel and level tell the status of a child that was reaped well before (Linux 6.15).
bool tells_stolen_status() {
  auto child = Command(program("nothing")).spawn();
  int status = 0;
  return child && ::waitpid(child->pid(), &status, 0) == child->pid() && child->wait().has_value();
}

class GreedyHosts : public EachLevel {};

TEST_P(GreedyHosts, status_that_is_stolen_in_the_same_instant_is_known_or_lost_by_name) {
  const bool is_told = tells_stolen_status();
  int known = 0;
  const int count = repeats(200 / slowness);
  for (int turn = 0; turn < count; ++turn) {
    auto child = Command(program("nothing")).spawn();
    ASSERT_TRUE(child.has_value()) << child.error().message();
    std::thread thief([pid = child->pid()] {
      int status = 0;
      static_cast<void>(::waitpid(pid, &status, 0));
    });
    const auto status = child->wait();
    thief.join();
    if (status) {
      EXPECT_TRUE(status->success());
      ++known;
    } else {
      EXPECT_EQ(status.error().code, ECHILD);
    }
  }
  if (is_told) {
    EXPECT_EQ(known, count);
  }
}

TEST_P(GreedyHosts, signal_after_the_theft_reaches_nobody) {
  auto child = Command("/bin/cat").in(Stdio::pipe()).spawn();
  ASSERT_TRUE(child.has_value());
  child->in().reset();
  int status = 0;
  ASSERT_EQ(::waitpid(child->pid(), &status, 0), child->pid());
  EXPECT_TRUE(child->signal(SIGKILL).has_value());
}

TEND_AT_EACH_LEVEL(GreedyHosts);

}  // namespace
}  // namespace tend::test
