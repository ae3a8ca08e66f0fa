#include <tend/worker_pool.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/try.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"
#include "os/machine.hpp"
#include "os/pipe.hpp"
#include "os/readable.hpp"
#include "os/watch_set.hpp"
#include "process/child_state.hpp"
#include "process/launch.hpp"
#include "process/tree_stop.hpp"
#include "process/worker_plan.hpp"

namespace tend {

namespace {

using process::WorkerPlan;
using Id = WorkerPlan::Id;

constexpr int signal_continue = 18;
constexpr int first_socket = 3;  // SD_LISTEN_FDS_START, sd_listen_fds(3).
constexpr std::chrono::milliseconds ask_again{100};

WorkerPlan::Options plan_options(const WorkerPoolOptions& options) {
  return {.slots = options.workers == 0 ? os::usable_cpus() : options.workers,
          .ready_within = options.ready_within,
          .drain_within = options.drain_within,
          .backoff_first = options.backoff.first,
          .backoff_factor = options.backoff.factor,
          .backoff_most = options.backoff.most,
          .healthy_after = options.backoff.healthy_after};
}

std::unexpected<Error> unfit(const Command::Wishes& wishes, std::string detail) {
  return std::unexpected(Error{.step = "worker pool",
                               .subject = wishes.program,
                               .code = EINVAL,
                               .detail = std::move(detail)});
}

/// A shell that knows its pid and becomes the program.
void start_by_shell(Command::Wishes& wishes) {
  std::vector<std::string> arguments{"-c", R"(LISTEN_PID=$$; export LISTEN_PID; exec "$0" "$@")",
                                     wishes.program};
  arguments.insert(arguments.end(), std::make_move_iterator(wishes.arguments.begin()),
                   std::make_move_iterator(wishes.arguments.end()));
  wishes.program = "/bin/sh";
  wishes.arguments = std::move(arguments);
  wishes.name.reset();
}

/// The part of a worker's wishes that is the same for all.
Result<Command::Wishes> common_wishes(const Command& worker, const WorkerPoolOptions& options) {
  Command::Wishes wishes = worker.wishes();
  if (wishes.input || wishes.deadline || wishes.terminal) {
    return unfit(wishes, "a worker has neither input nor deadline nor terminal");
  }
  for (std::size_t index = 0; index < options.sockets.size(); ++index) {
    const int target = first_socket + static_cast<int>(index);
    if (!wishes.descriptors.emplace(target, options.sockets[index]).second) {
      return unfit(wishes, "descriptor " + std::to_string(target) + " is for a socket");
    }
  }
  if (options.readiness == WorkerReadiness::newline &&
      (options.ready_descriptor < 0 || wishes.descriptors.contains(options.ready_descriptor))) {
    return unfit(wishes, "no free number was given for the descriptor that tells readiness");
  }
  if (!options.sockets.empty()) {
    wishes.environment.insert_or_assign("LISTEN_FDS", std::to_string(options.sockets.size()));
    wishes.environment.insert_or_assign("LISTEN_PID", std::nullopt);
    wishes.environment.insert_or_assign("LISTEN_FDNAMES", std::nullopt);
    if (options.has_listen_pid) {
      if (wishes.program_descriptor) {
        return unfit(wishes, "LISTEN_PID cannot be set for a program by descriptor");
      }
      start_by_shell(wishes);
    }
  }
  if (wishes.session == Command::Session::keep) {
    wishes.session = Command::Session::new_group;
  }
  wishes.drop = Drop::kill;
  return wishes;
}

}  // namespace

class WorkerPool::State {
 public:
  State(WorkerPoolOptions options, Listener listener, Fd watched)
      : options_(std::move(options)),
        listener_(std::move(listener)),
        plan_(plan_options(options_)),
        watched_(std::move(watched)) {}

  Result<> use(const Command& worker) {
    wishes_ = TEND_TRY(common_wishes(worker, options_));
    return {};
  }

  /// The first start of all: here a failure is an error.
  Result<> start_all() {
    for (const WorkerPlan::Action& action : plan_.due(os::monotonic_now())) {
      TEND_TRY(start(action));
    }
    return {};
  }

  Result<> step() {
    is_due_now_ = false;
    TEND_TRY(take_events());
    TEND_TRY(end_those_that_end());
    // What is done may make more due: a start that fails, a last worker that is gone.
    for (auto actions = plan_.due(os::monotonic_now()); !actions.empty();
         actions = plan_.due(os::monotonic_now())) {
      for (const WorkerPlan::Action& action : actions) {
        perform(action);
      }
    }
    return {};
  }

  [[nodiscard]] std::optional<os::Instant> wake_at() const {
    if (is_due_now_) {
      return os::Instant{};
    }
    std::optional<os::Instant> first = plan_.wake_at();
    const os::Instant now = os::monotonic_now();
    for (const auto& [id, worker] : workers_) {
      if (worker.stop) {
        const os::Instant next = worker.stop->next(now);
        first = first ? std::min(*first, next) : next;
      }
    }
    return first;
  }

  void replace() {
    plan_.replace_all();
    is_due_now_ = true;
  }

  void stop() {
    plan_.stop_all();
    is_due_now_ = true;
  }

  void kill(Id id) {
    const auto found = workers_.find(id);
    if (found != workers_.end()) {
      plan_.killed(id);
      end(found->second);
    }
  }

  [[nodiscard]] std::vector<WorkerInfo> workers() const {
    std::vector<WorkerInfo> list;
    for (const auto& [id, worker] : workers_) {
      list.push_back(info_of(id, worker));
    }
    return list;
  }

  [[nodiscard]] bool is_stopped() const { return plan_.is_stopped(); }
  [[nodiscard]] const Fd& watched() const { return watched_; }

 private:
  struct Worker {
    std::size_t slot = 0;
    std::shared_ptr<Child::State> child{};
    process::ProcessTree tree;
    Fd ready{};                               ///< Where it tells its readiness.
    std::optional<process::TreeStop> stop{};  ///< It has ended or is being killed.
  };

  // Two descriptors of a worker are watched.
  static std::uint64_t pidfd_key(Id id) { return 2 * id; }
  static std::uint64_t ready_key(Id id) { return 2 * id + 1; }

  static WorkerPhase phase_of(WorkerPlan::Phase phase) {
    switch (phase) {
      case WorkerPlan::Phase::starting: return WorkerPhase::starting;
      case WorkerPlan::Phase::ready: return WorkerPhase::ready;
      case WorkerPlan::Phase::draining: return WorkerPhase::draining;
      case WorkerPlan::Phase::ending: break;
    }
    return WorkerPhase::ending;
  }

  [[nodiscard]] WorkerInfo info_of(Id id, const Worker& worker) const {
    const auto phase = plan_.phase_of(id);
    return {.id = id,
            .slot = worker.slot,
            .pid = worker.child->parts().process.pid,
            .phase = worker.stop || !phase ? WorkerPhase::ending : phase_of(*phase)};
  }

  void tell(const WorkerEvent& event) const {
    if (listener_) {
      listener_(event);
    }
  }

  Result<> start(const WorkerPlan::Action& action) {
    auto made = launch(action);
    if (!made) {
      plan_.start_failed(action.id, os::monotonic_now());
      return std::unexpected(std::move(made).error());
    }
    const WorkerInfo info = info_of(action.id, *made);
    workers_.emplace(action.id, *std::move(made));
    plan_.started(action.id, os::monotonic_now());
    tell({.kind = WorkerEvent::Kind::started, .worker = info});
    if (options_.readiness == WorkerReadiness::started) {
      become_ready(action.id);
    }
    return {};
  }

  Result<Worker> launch(const WorkerPlan::Action& action) {
    Command::Wishes wishes = wishes_;
    wishes.environment.insert_or_assign("TEND_WORKER", std::to_string(action.slot));
    os::Pipe ready;
    if (options_.readiness == WorkerReadiness::newline) {
      ready = TEND_TRY(os::make_pipe());
      wishes.descriptors.insert_or_assign(options_.ready_descriptor, ready.write.get());
    }
    auto child = TEND_TRY(process::launch(wishes, process::Verb::spawn));
    TEND_TRY(
        os::add_to_watch_set(watched_, child->parts().process.pidfd.get(), pidfd_key(action.id)));
    if (ready.read) {
      TEND_TRY(os::add_to_watch_set(watched_, ready.read.get(), ready_key(action.id)));
    }
    process::ProcessTree tree = child->tree();
    return Worker{.slot = action.slot,
                  .child = std::move(child),
                  .tree = std::move(tree),
                  .ready = std::move(ready.read)};
  }

  void become_ready(Id id) {
    plan_.ready(id, os::monotonic_now());
    tell({.kind = WorkerEvent::Kind::ready, .worker = info_of(id, workers_.at(id))});
  }

  void end(Worker& worker) {
    if (!worker.stop) {
      worker.stop.emplace(StopLadder{.rungs = {}}, worker.child->parts().program);
      is_due_now_ = true;
    }
  }

  Result<> take_events() {
    while (const auto key = TEND_TRY(os::wait_watch_set(watched_, os::Instant{}))) {
      const auto found = workers_.find(*key / 2);
      if (found == workers_.end()) {
        continue;
      }
      Worker& worker = found->second;
      if (*key == pidfd_key(found->first)) {
        os::remove_from_watch_set(watched_, worker.child->parts().process.pidfd.get());
        end(worker);
      } else {
        hear(found->first, worker);
      }
    }
    return {};
  }

  /// What a worker says of its readiness; the end of that pipe says nothing.
  void hear(Id id, Worker& worker) {
    std::array<char, 64> buffer{};
    const auto count = os::read_some(worker.ready, buffer);
    const std::size_t size = count.value_or(0);
    const bool is_ready = std::string_view(buffer.data(), size).contains('\n');
    if (is_ready || size == 0) {
      os::remove_from_watch_set(watched_, worker.ready.get());
      worker.ready.reset();
    }
    if (is_ready) {
      become_ready(id);
    }
  }

  [[nodiscard]] std::vector<Id> ids() const {
    std::vector<Id> list;
    for (const auto& [id, worker] : workers_) {
      list.push_back(id);
    }
    return list;
  }

  /// Ended workers may have left processes behind; these end first, so that the next worker finds
  /// nothing of the old one.
  Result<> end_those_that_end() {
    for (const Id id : ids()) {
      Worker& worker = workers_.at(id);
      if (!worker.stop) {
        continue;
      }
      const auto is_gone = worker.stop->step(worker.tree, os::monotonic_now());
      if (is_gone && *is_gone) {
        bury(id);
      } else if (!is_gone && is_gone.error().code == ETIMEDOUT) {
        // It hangs in the kernel. All that can be done is to go on.
        worker.stop.emplace(StopLadder{.rungs = {}}, worker.child->parts().program);
      } else if (!is_gone) {
        return std::unexpected(is_gone.error());
      }
    }
    return {};
  }

  void bury(Id id) {
    const auto found = workers_.find(id);
    const WorkerInfo info = info_of(id, found->second);
    auto status = found->second.child->wait();
    os::remove_from_watch_set(watched_, found->second.child->parts().process.pidfd.get());
    workers_.erase(found);
    plan_.ended(id, os::monotonic_now());
    WorkerEvent event{.kind = WorkerEvent::Kind::ended, .worker = info};
    if (status) {
      event.status = *status;
    } else {
      event.error = std::move(status).error();
    }
    tell(event);
  }

  void perform(const WorkerPlan::Action& action) {
    switch (action.kind) {
      case WorkerPlan::Action::Kind::start: {
        auto made = start(action);
        if (!made) {
          tell({.kind = WorkerEvent::Kind::start_failed,
                .worker = {.id = action.id, .slot = action.slot},
                .error = std::move(made).error()});
        }
        break;
      }
      case WorkerPlan::Action::Kind::drain: drain(action.id); break;
      case WorkerPlan::Action::Kind::kill: kill_late(action.id); break;
      case WorkerPlan::Action::Kind::replaced: tell({.kind = WorkerEvent::Kind::replaced}); break;
      case WorkerPlan::Action::Kind::replacement_failed:
        tell({.kind = WorkerEvent::Kind::replacement_failed});
        break;
    }
  }

  void drain(Id id) {
    const auto found = workers_.find(id);
    if (found != workers_.end()) {
      static_cast<void>(found->second.child->signal(options_.drain_signal));
      // A stopped process could not handle it.
      static_cast<void>(found->second.child->signal(signal_continue));
    }
  }

  void kill_late(Id id) {
    const auto found = workers_.find(id);
    if (found == workers_.end()) {
      return;
    }
    if (found->second.ready) {
      tell({.kind = WorkerEvent::Kind::not_ready, .worker = info_of(id, found->second)});
    }
    end(found->second);
  }

  WorkerPoolOptions options_;
  Listener listener_;
  WorkerPlan plan_;
  Fd watched_;
  Command::Wishes wishes_{};
  std::map<Id, Worker> workers_{};
  bool is_due_now_ = false;
};

WorkerPool::WorkerPool(std::unique_ptr<State> state) : state_(std::move(state)) {}
WorkerPool::WorkerPool(WorkerPool&&) noexcept = default;
WorkerPool& WorkerPool::operator=(WorkerPool&&) noexcept = default;
WorkerPool::~WorkerPool() = default;

Result<WorkerPool> WorkerPool::start(const Command& worker, WorkerPoolOptions options,
                                     Listener listener) {
  auto state = std::make_unique<State>(std::move(options), std::move(listener),
                                       TEND_TRY(os::make_watch_set()));
  TEND_TRY(state->use(worker));
  TEND_TRY(state->start_all());
  return WorkerPool(std::move(state));
}

const Fd& WorkerPool::fd() const { return state_->watched(); }

std::optional<std::chrono::steady_clock::time_point> WorkerPool::wake_at() const {
  return state_->wake_at();
}

Result<> WorkerPool::step() { return state_->step(); }

Result<> WorkerPool::run(const std::function<bool()>& should_stop) {
  while (!is_stopped()) {
    if (should_stop && should_stop()) {
      stop();
    }
    auto wake = wake_at();
    if (should_stop) {
      const auto ask = os::monotonic_now() + ask_again;
      wake = wake ? std::min(*wake, ask) : ask;
    }
    static_cast<void>(TEND_TRY(os::wait_readable(fd(), wake)));
    TEND_TRY(step());
  }
  return {};
}

Result<> WorkerPool::replace(const std::optional<Command>& worker) {
  if (worker) {
    TEND_TRY(state_->use(*worker));
  }
  state_->replace();
  return {};
}

void WorkerPool::stop() { state_->stop(); }

void WorkerPool::kill(std::uint64_t id) { state_->kill(id); }

std::vector<WorkerInfo> WorkerPool::workers() const { return state_->workers(); }

bool WorkerPool::is_stopped() const { return state_->is_stopped(); }

}  // namespace tend
