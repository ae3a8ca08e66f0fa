// Worker pools: real servers on one listening socket, killed, replaced and stopped.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <tend/worker_pool.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "os/poll.hpp"
#include "os/procfs.hpp"
#include "support/processes.hpp"
#include "support/temp_dir.hpp"

namespace tend::test {
namespace {

using namespace std::chrono_literals;
using Kind = WorkerEvent::Kind;

/// A listening socket on the loopback, on whatever port the kernel gives.
class Listening {
 public:
  Listening() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address_), size), 0);
    EXPECT_EQ(::listen(fd_.get(), 64), 0);
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address_), &size);
  }

  [[nodiscard]] int number() const { return fd_.get(); }

  /// Sends one line to whoever accepts; what it answers.
  [[nodiscard]] std::string ask(const std::string& line) const {
    const Fd connection = send(line);
    std::string text;
    char byte = 0;
    while (::read(connection.get(), &byte, 1) == 1 && byte != '\n') {
      text += byte;
    }
    return text;
  }

  [[nodiscard]] Fd send(const std::string& line) const {
    Fd connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(
        ::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_),
        0);
    const std::string text = line + "\n";
    EXPECT_EQ(::write(connection.get(), text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
    return connection;
  }

 private:
  Fd fd_;
  sockaddr_in address_{};
};

/// What was told of a pool, and the turning of its loop until something has been told.
class Watched {
 public:
  Watched(const Command& worker, WorkerPoolOptions options)
      : pool_(WorkerPool::start(worker, std::move(options),
                                [this](const WorkerEvent& event) { note(event); })) {
    EXPECT_TRUE(pool_.has_value()) << pool_.error().message();
  }

  [[nodiscard]] WorkerPool& pool() { return *pool_; }
  [[nodiscard]] int count(Kind kind) { return counts_[kind]; }
  [[nodiscard]] const std::vector<ExitStatus>& statuses() const { return statuses_; }

  /// Steps until it has been told so often.
  void wait_for(Kind kind, int count) {
    while (counts_[kind] < count) {
      os::PollEntry entry{.fd = &pool_->fd()};
      ASSERT_TRUE(os::poll_any({&entry, 1}, pool_->wake_at()).has_value());
      ASSERT_TRUE(pool_->step().has_value());
    }
  }

  void stop() {
    pool_->stop();
    ASSERT_TRUE(pool_->run().has_value());
  }

 private:
  void note(const WorkerEvent& event) {
    ++counts_[event.kind];
    if (event.status) {
      statuses_.push_back(*event.status);
    }
  }

  std::map<Kind, int> counts_{};
  std::vector<ExitStatus> statuses_{};
  Result<WorkerPool> pool_;
};

std::set<std::int32_t> pids_of(const WorkerPool& pool) {
  std::set<std::int32_t> pids;
  for (const WorkerInfo& worker : pool.workers()) {
    pids.insert(worker.pid);
  }
  return pids;
}

Command server() { return Command(program("pool_worker")); }

TEST(WorkerPool, workers_share_one_listening_socket) {
  const Listening socket;
  Watched watched(server().arg("9"), {.workers = 3,
                                      .sockets = {socket.number()},
                                      .readiness = WorkerReadiness::newline,
                                      .ready_descriptor = 9});
  watched.wait_for(Kind::ready, 3);
  const auto pids = pids_of(watched.pool());
  EXPECT_EQ(pids.size(), 3U);
  for (int count = 0; count < 20; ++count) {
    std::istringstream answer(socket.ask("who"));
    std::int32_t pid = 0;
    std::string sockets;
    std::string listen_pid;
    answer >> pid >> sockets >> listen_pid;
    EXPECT_TRUE(pids.contains(pid));
    EXPECT_EQ(sockets, "1");
    EXPECT_EQ(listen_pid, "-");
  }
  watched.stop();
  EXPECT_EQ(watched.statuses(), std::vector<ExitStatus>(3, ExitStatus::exited(0)));
}

TEST(WorkerPool, uses_all_cpus_that_we_may_run_on_by_default) {
  cpu_set_t cpus;
  ASSERT_EQ(::sched_getaffinity(0, sizeof cpus, &cpus), 0);
  const Listening socket;
  Watched watched(server(), {.sockets = {socket.number()}});
  EXPECT_EQ(watched.pool().workers().size(), static_cast<std::size_t>(CPU_COUNT(&cpus)));
  watched.stop();
}

TEST(WorkerPool, listen_pid_is_the_pid_of_the_worker) {
  const Listening socket;
  Watched watched(server(), {.workers = 1, .sockets = {socket.number()}, .has_listen_pid = true});
  std::istringstream answer(socket.ask("who"));
  std::string pid;
  std::string sockets;
  std::string listen_pid;
  answer >> pid >> sockets >> listen_pid;
  EXPECT_EQ(listen_pid, pid);
  EXPECT_TRUE(pids_of(watched.pool()).contains(std::stoi(pid)));
  watched.stop();
}

TEST(WorkerPool, one_that_dies_is_started_again_and_the_others_stay) {
  const Listening socket;
  Watched watched(
      server(),
      {.workers = 2, .sockets = {socket.number()}, .backoff = {.first = 1ms, .most = 5ms}});
  const auto before = pids_of(watched.pool());
  static_cast<void>(socket.ask("exit 3"));
  watched.wait_for(Kind::started, 3);
  EXPECT_EQ(watched.statuses(), std::vector<ExitStatus>{ExitStatus::exited(3)});
  const auto after = pids_of(watched.pool());
  std::vector<std::int32_t> kept;
  std::ranges::set_intersection(before, after, std::back_inserter(kept));
  EXPECT_EQ(kept.size(), 1U);
  EXPECT_EQ(after.size(), 2U);
  EXPECT_NE(socket.ask("who"), "");
  watched.stop();
}

TEST(WorkerPool, one_that_hangs_can_be_killed_without_harming_the_others) {
  const Listening socket;
  Watched watched(server(), {.workers = 2, .sockets = {socket.number()}});
  const Fd stuck = socket.send("hang");
  std::optional<WorkerInfo> hanging;
  while (!hanging) {
    for (const WorkerInfo& worker : watched.pool().workers()) {
      const auto stat = os::read_proc_stat(worker.pid);
      if (stat && stat->state == 'T') {
        hanging = worker;
      }
    }
  }
  EXPECT_NE(socket.ask("who"), "") << "the other one serves";
  watched.pool().kill(hanging->id);
  watched.wait_for(Kind::started, 3);
  EXPECT_EQ(watched.statuses(), std::vector<ExitStatus>{ExitStatus::killed(SIGKILL)});
  EXPECT_FALSE(pids_of(watched.pool()).contains(hanging->pid));
  watched.stop();
}

TEST(WorkerPool, replacement_goes_one_by_one_and_never_without_a_worker_that_is_ready) {
  const Listening socket;
  const WorkerPoolOptions options{.workers = 2,
                                  .sockets = {socket.number()},
                                  .readiness = WorkerReadiness::newline,
                                  .ready_descriptor = 9};
  Watched watched(server().arg("9"), options);
  watched.wait_for(Kind::ready, 2);
  const auto before = pids_of(watched.pool());
  ASSERT_TRUE(watched.pool().replace().has_value());
  while (watched.count(Kind::replaced) == 0) {
    watched.wait_for(Kind::ended, watched.count(Kind::ended) + 1);
    const auto workers = watched.pool().workers();
    EXPECT_GE(std::ranges::count(workers, WorkerPhase::ready, &WorkerInfo::phase), 1);
    EXPECT_NE(socket.ask("who"), "");
    if (watched.count(Kind::ended) == 2) {
      watched.wait_for(Kind::replaced, 1);
    }
  }
  EXPECT_EQ(watched.statuses(), std::vector<ExitStatus>(2, ExitStatus::exited(0)));
  for (const std::int32_t pid : pids_of(watched.pool())) {
    EXPECT_FALSE(before.contains(pid));
  }
  watched.stop();
}

TEST(WorkerPool, a_replacement_that_does_not_work_leaves_the_old_workers) {
  const Listening socket;
  Watched watched(server().arg("9"), {.workers = 2,
                                      .sockets = {socket.number()},
                                      .readiness = WorkerReadiness::newline,
                                      .ready_descriptor = 9});
  watched.wait_for(Kind::ready, 2);
  const auto before = pids_of(watched.pool());
  ASSERT_TRUE(watched.pool().replace(Command::shell("exit 1")).has_value());
  watched.wait_for(Kind::replacement_failed, 1);
  EXPECT_EQ(pids_of(watched.pool()), before);
  EXPECT_NE(socket.ask("who"), "");
  watched.stop();
}

TEST(WorkerPool, who_is_never_ready_is_killed) {
  const Listening socket;
  Watched watched(server(), {.workers = 1,
                             .sockets = {socket.number()},
                             .readiness = WorkerReadiness::newline,
                             .ready_descriptor = 9,
                             .ready_within = 20ms});
  watched.wait_for(Kind::ended, 1);
  EXPECT_EQ(watched.count(Kind::not_ready), 1);
  EXPECT_EQ(watched.statuses(), std::vector<ExitStatus>{ExitStatus::killed(SIGKILL)});
  watched.stop();
}

TEST(WorkerPool, who_does_not_drain_is_killed) {
  const Listening socket;
  Watched watched(server().args({"9", "deaf"}), {.workers = 2,
                                                 .sockets = {socket.number()},
                                                 .readiness = WorkerReadiness::newline,
                                                 .ready_descriptor = 9,
                                                 .drain_within = 10ms});
  watched.wait_for(Kind::ready, 2);
  watched.stop();
  EXPECT_EQ(watched.statuses(), std::vector<ExitStatus>(2, ExitStatus::killed(SIGKILL)));
}

TEST(WorkerPool, what_a_worker_leaves_behind_ends_before_the_next_one_starts) {
  const Listening socket;
  Watched watched(Command::shell("sleep 1000 & exit 0"),
                  {.workers = 1, .backoff = {.first = 1ms, .most = 1ms}});
  watched.wait_for(Kind::ended, 3);
  watched.stop();
  EXPECT_TRUE(descendants_of(::getpid()).empty());
}

TEST(WorkerPool, one_that_cannot_be_started_is_the_error_and_none_is_left) {
  const auto pool = WorkerPool::start(Command("/no/such/server"), {.workers = 4});
  ASSERT_FALSE(pool.has_value());
  EXPECT_EQ(pool.error().code, ENOENT);
}

TEST(WorkerPool, what_a_worker_cannot_have_is_refused) {
  const Command cat("/bin/cat");
  EXPECT_EQ(WorkerPool::start(Command(cat).input("x")).error().code, EINVAL);
  EXPECT_EQ(WorkerPool::start(Command(cat).deadline(within(1s))).error().code, EINVAL);
  EXPECT_EQ(WorkerPool::start(Command(cat).descriptor(3, 0), {.sockets = {0}}).error().code,
            EINVAL);
  EXPECT_EQ(WorkerPool::start(cat, {.readiness = WorkerReadiness::newline}).error().code, EINVAL);
}

TEST(WorkerPool, dropped_kills_its_workers_with_everything_below_them) {
  {
    Watched watched(Command::shell("sleep 1000 & wait"), {.workers = 2});
    EXPECT_EQ(watched.pool().workers().size(), 2U);
  }
  while (!descendants_of(::getpid()).empty()) {
    ::usleep(1000);
  }
}

TEST(WorkerPool, run_stops_when_it_is_told_to) {
  const Listening socket;
  auto pool = WorkerPool::start(server(), {.workers = 2, .sockets = {socket.number()}});
  ASSERT_TRUE(pool.has_value());
  int asked = 0;
  EXPECT_TRUE(pool->run([&asked] { return ++asked > 2; }).has_value());
  EXPECT_TRUE(pool->is_stopped());
  EXPECT_TRUE(pool->workers().empty());
}

}  // namespace
}  // namespace tend::test
