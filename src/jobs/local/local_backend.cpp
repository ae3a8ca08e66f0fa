#include "jobs/local/local_backend.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "jobs/shortage.hpp"
#include "os/clock.hpp"
#include "os/environment.hpp"
#include "os/files.hpp"
#include "os/machine.hpp"
#include "os/orphans.hpp"
#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "os/procfs.hpp"
#include "os/spawn.hpp"
#include "os/wait_status.hpp"

namespace tend::jobs {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t buffer_bytes = std::size_t{256} << 10U;
/// A pipe that was found this full belongs to a job that writes much.
constexpr std::size_t much_bytes = std::size_t{32} << 10U;

/// A job is over when its process has ended and so long nothing came from whoever it left behind;
/// and so long after its end in any case, if we were reading.
constexpr std::chrono::milliseconds silence{100};
constexpr std::chrono::seconds drain_max{2};

constexpr std::chrono::milliseconds first_stop_pause{5};
constexpr std::chrono::milliseconds longest_stop_pause{50};

constexpr std::chrono::seconds sweep_pause{1};

constexpr int exit_not_executable = 126;
constexpr int exit_not_found = 127;

std::string key_of(const std::string& variable) {
  return variable.substr(0, variable.find('=') + 1);
}

/// `added` replaces variables of the same name.
std::vector<std::string> with_variables(std::vector<std::string> environment,
                                        const std::vector<std::string>& added) {
  for (const std::string& variable : added) {
    const std::string key = key_of(variable);
    std::erase_if(environment, [&](const std::string& own) { return own.starts_with(key); });
    environment.push_back(variable);
  }
  return environment;
}

}  // namespace

struct LocalBackend::Running {
  struct Reader {
    os::Fd pipe{};
    os::WatchId watch{};
    bool is_large = false;
  };

  AttemptId id{};
  std::uint64_t sequence = 0;
  unsigned attempt = 0;
  unsigned slot = 0;

  std::int32_t pid = 0;
  os::Fd pidfd{};
  os::WatchId exit_watch{};
  std::array<Reader, 2> streams{};
  bool is_held = false;

  os::Fd input{};
  os::WatchId input_watch{};
  std::shared_ptr<const std::string> input_bytes{};
  std::size_t fed = 0;

  os::Instant start{};
  std::chrono::nanoseconds paused_before{};  ///< All pauses before its start.
  std::optional<std::chrono::nanoseconds> timeout{};
  os::TimerId timeout_timer{};

  bool has_exited = false;  ///< But is perhaps not reaped, while its tree is being stopped.
  bool is_reaped = false;
  AttemptResult result{};
  os::TimerId silence_timer{};
  os::Instant drain_until{};

  bool is_stopping = false;
  bool is_signalled = false;  ///< The first rung was sent.
  os::Instant kill_at{};

  [[nodiscard]] bool is_drained() const {
    return std::ranges::none_of(streams,
                                [](const Reader& reader) { return reader.pipe.is_open(); });
  }
};

// --- setting up ----------------------------------------------------------------------------------

LocalBackend::LocalBackend(os::EventLoop& loop, BackendEvents& events, Options options)
    : loop_(loop),
      events_(events),
      settings_(std::move(options.settings)),
      buffer_(settings_.is_raw ? 0 : buffer_bytes) {}

Result<std::unique_ptr<LocalBackend>> LocalBackend::make(os::EventLoop& loop, BackendEvents& events,
                                                         Options options) {
  auto backend = std::unique_ptr<LocalBackend>(new LocalBackend(loop, events, std::move(options)));
  TEND_TRY(backend->set_up());
  return backend;
}

Result<> LocalBackend::set_up() {
  guard_ = TEND_TRY(Guard::start(settings_.token));
  null_ = TEND_TRY(os::open_file("/dev/null", 0));
  TEND_TRY(os::adopt_orphans());
  host_ = os::host_name();

  const os::DescriptorLimit limit = os::descriptor_limit();
  if (os::raise_descriptor_limit() != limit.soft) {
    common_.limits.push_back({RLIMIT_NOFILE, limit.soft, limit.hard});
  }
  if (settings_.memory_bytes_max) {
    common_.limits.push_back({RLIMIT_AS, *settings_.memory_bytes_max, *settings_.memory_bytes_max});
  }
  if (settings_.nice) {
    common_.nice = TEND_TRY(os::read_proc_stat(os::own_pid())).nice + *settings_.nice;
  }
  common_.directory = settings_.directory;
  environment_ = with_variables(os::own_environment(), settings_.environment);
  for (const char* key : {"TEND_RUN=", "TEND_SEQ=", "TEND_ATTEMPT=", "TEND_SLOT="}) {
    std::erase_if(environment_, [&](const std::string& own) { return own.starts_with(key); });
  }
  common_.session = os::raw::SessionKind::new_session;
  common_.parent_death_signal = SIGKILL;
  common_.keep_ignored = SignalSet::realtime();
  return {};
}

LocalBackend::~LocalBackend() {
  signal_all(SIGKILL);
  for (auto& [id, running] : running_) {
    static_cast<void>(os::reap(running->pidfd, os::Waiting::yes));
    for (const os::WatchId watch : {running->exit_watch, running->input_watch,
                                    running->streams[0].watch, running->streams[1].watch}) {
      loop_.remove(watch);
    }
    for (const os::TimerId timer : {running->timeout_timer, running->silence_timer}) {
      loop_.cancel(timer);
    }
  }
  loop_.cancel(stop_timer_);
  loop_.cancel(sweep_timer_);
  running_.clear();
  sweep_orphans();
}

// --- starting ------------------------------------------------------------------------------------

os::SpawnOptions LocalBackend::options_of(const Attempt& attempt) const {
  os::SpawnOptions options = common_;
  options.program = attempt.argv.front();
  options.arguments = attempt.argv;
  for (const SharedDescriptor& shared : attempt.descriptors) {
    options.descriptors.push_back({.source = shared.ours, .target = shared.theirs});
  }
  return options;
}

/// What all attempts have in common is not copied for each of them.
std::vector<const char*> LocalBackend::environment_of(
    const Attempt& attempt, const std::vector<std::string>& family) const {
  std::vector<const char*> variables;
  variables.reserve(environment_.size() + attempt.environment.size() + family.size() + 1);
  for (const std::string& variable : environment_) {
    if (std::ranges::none_of(attempt.environment, [&](const std::string& other) {
          return key_of(other) == key_of(variable);
        })) {
      variables.push_back(variable.c_str());
    }
  }
  for (const auto* part : {&attempt.environment, &family}) {
    std::ranges::transform(*part, std::back_inserter(variables), &std::string::c_str);
  }
  variables.push_back(nullptr);
  return variables;
}

/// `theirs` are the ends that the job gets; ours go into `running`.
Result<> LocalBackend::make_pipes(const Attempt& attempt, Running& running,
                                  os::SpawnOptions& options, std::vector<os::Fd>& theirs) const {
  int input = null_.get();
  if (attempt.input != nullptr) {
    os::Pipe pipe = TEND_TRY(os::make_pipe());
    TEND_TRY(os::set_nonblocking(pipe.write));
    running.input = std::move(pipe.write);
    running.input_bytes = attempt.input;
    input = pipe.read.get();
    theirs.push_back(std::move(pipe.read));
  }
  options.descriptors.push_back({.source = input, .target = 0});
  for (int target = 1; target <= 2; ++target) {
    if (settings_.is_raw) {
      options.descriptors.push_back({.source = target, .target = target, .is_inheritable = true});
      continue;
    }
    os::Pipe pipe = TEND_TRY(os::make_pipe());
    running.streams.at(static_cast<Stream>(target - 1)).pipe = std::move(pipe.read);
    options.descriptors.push_back({.source = pipe.write.get(), .target = target});
    theirs.push_back(std::move(pipe.write));
  }
  return {};
}

Taken LocalBackend::start(const Attempt& attempt) {
  auto running = std::make_unique<Running>();
  running->id = attempt.id;
  running->sequence = attempt.sequence;
  running->attempt = attempt.attempt;
  running->slot = attempt.slot;
  running->timeout = attempt.timeout;

  os::SpawnOptions options = options_of(attempt);
  const std::vector<std::string> family = family_variables(
      settings_.token, {.sequence = attempt.sequence, .attempt = attempt.attempt}, attempt.slot);
  const std::vector<const char*> environment = environment_of(attempt, family);
  options.environment_in_place = environment.data();
  std::vector<os::Fd> theirs;
  const Result<> piped = make_pipes(attempt, *running, options, theirs);
  const auto time = os::realtime_now();
  running->start = loop_.now();
  running->paused_before = paused_;
  auto spawned = piped ? os::spawn(options) : std::unexpected(piped.error());
  if (!spawned) {
    if (is_shortage(spawned.error())) {
      return Taken::later;
    }
    tell_not_started(attempt, spawned.error());
    return Taken::yes;
  }
  theirs.clear();
  running->pid = spawned->pid;
  running->pidfd = std::move(spawned->pidfd);
  guard_->note(attempt.slot, running->pid);
  arm_sweep();

  Running& started = *running_.emplace(attempt.id, std::move(running)).first->second;
  events_.started(attempt.id, {.time = time, .host = host_, .pid = started.pid});
  if (const auto watched = watch(started); !watched) {
    // Out of memory for epoll: it runs, but nobody could tell its end.
    started.result.problem = watched.error().message();
    begin_stop(started, AttemptEnd::output_lost, StopHow::at_once);
  }
  return Taken::yes;
}

void LocalBackend::tell_not_started(const Attempt& attempt, const Error& error) {
  const bool is_missing = error.step == "exec" && (error.code == ENOENT || error.code == ENOTDIR);
  const bool is_for_shell = is_missing && attempt.argv.front().contains(' ');
  events_.ended(
      attempt.id,
      {.end = AttemptEnd::not_started,
       .status = ExitStatus::exited(is_missing ? exit_not_found : exit_not_executable),
       .problem = error.message() + (is_for_shell ? "; a text for a shell? then use --sh, "
                                                    "with the items as \"$1\" \"$2\""
                                                  : "")});
}

Result<> LocalBackend::watch(Running& running) {
  running.exit_watch = TEND_TRY(loop_.add(running.pidfd, os::Interest::read,
                                          [this, &running](os::Ready) { on_exit(running); }));
  arm_timeout(running);
  if (running.input) {
    feed(running);
  }
  return watch_streams(running);
}

Result<> LocalBackend::watch_streams(Running& running) {
  for (Stream stream = 0; stream < running.streams.size(); ++stream) {
    Running::Reader& reader = running.streams.at(stream);
    if (reader.pipe && reader.watch == os::WatchId::none) {
      reader.watch = TEND_TRY(loop_.add(
          reader.pipe, os::Interest::read,
          [this, &running, stream](os::Ready ready) { on_readable(running, stream, ready); }));
    }
  }
  return {};
}

// --- output and input ----------------------------------------------------------------------------

/// One read for each readiness, so that it never waits although the pipe is blocking.
void LocalBackend::on_readable(Running& running, Stream stream, os::Ready ready) {
  Running::Reader& reader = running.streams.at(stream);
  const auto count =
      ready.is_readable ? os::read_some(reader.pipe, buffer_) : Result<std::size_t>(0);
  if (!count || *count == 0) {
    close_stream(running, stream);
    return end_if_over(running);
  }
  if (*count >= much_bytes && !std::exchange(reader.is_large, true)) {
    // Refused where a user's pipes together are too large: then it stays as it is.
    static_cast<void>(os::resize_pipe(reader.pipe, buffer_bytes));
  }
  events_.output(running.id, static_cast<OutputStream>(stream),
                 std::string_view(buffer_.data(), *count));
  if (running.is_reaped && !running.is_held) {
    wait_for_silence(running);
  }
}

void LocalBackend::close_stream(Running& running, Stream stream) {
  Running::Reader& reader = running.streams.at(stream);
  loop_.remove(std::exchange(reader.watch, os::WatchId::none));
  reader.pipe.reset();
}

void LocalBackend::feed(Running& running) {
  while (running.fed < running.input_bytes->size()) {
    const auto count = os::write_without_signal(
        running.input, std::string_view(*running.input_bytes).substr(running.fed));
    if (!count && count.error().code == EAGAIN) {
      if (running.input_watch == os::WatchId::none) {
        running.input_watch = loop_
                                  .add(running.input, os::Interest::write,
                                       [this, &running](os::Ready) { feed(running); })
                                  .value_or(os::WatchId::none);
      }
      return;
    }
    if (!count) {
      break;  // EPIPE: the job does not want it all.
    }
    running.fed += *count;
  }
  loop_.remove(std::exchange(running.input_watch, os::WatchId::none));
  running.input.reset();
  running.input_bytes.reset();
}

void LocalBackend::hold_output(AttemptId id, bool is_held) {
  Running* running = find(id);
  if (running == nullptr || running->is_held == is_held) {
    return;
  }
  running->is_held = is_held;
  if (!is_held) {
    running->drain_until = loop_.now() + drain_max;
    if (running->is_reaped) {
      wait_for_silence(*running);
    }
    // An epoll that cannot take it back loses output: the silence timer closes the stream then.
    static_cast<void>(watch_streams(*running));
    return;
  }
  loop_.cancel(std::exchange(running->silence_timer, os::TimerId::none));
  for (Running::Reader& reader : running->streams) {
    loop_.remove(std::exchange(reader.watch, os::WatchId::none));
  }
}

// --- the end -------------------------------------------------------------------------------------

void LocalBackend::on_exit(Running& running) {
  loop_.remove(std::exchange(running.exit_watch, os::WatchId::none));
  running.has_exited = true;
  running.result.runtime = elapsed(running);
  if (!running.is_stopping) {
    reap(running);
    end_if_over(running);
  }
  // Else it stays a zombie until its tree is gone: so long its session's number is its own.
}

void LocalBackend::reap(Running& running) {
  guard_->note(running.slot, 0);
  running.is_reaped = true;
  const auto reaped = os::reap(running.pidfd, os::Waiting::yes);
  if (reaped && *reaped) {
    running.result.status = (*reaped)->status;
    running.result.usage = (*reaped)->usage.value_or(Usage{});
  } else if (!reaped) {
    running.result.problem = reaped.error().message();
  }
  if (!running.is_stopping) {
    running.result.end = running.result.status && running.result.status->signal()
                             ? AttemptEnd::signalled
                             : AttemptEnd::exited;
  }
  running.drain_until = loop_.now() + drain_max;
  if (!running.is_drained() && !running.is_held) {
    wait_for_silence(running);
  }
}

void LocalBackend::wait_for_silence(Running& running) {
  loop_.cancel(running.silence_timer);
  const os::Instant until = std::min(loop_.now() + silence, running.drain_until);
  running.silence_timer = loop_.add_timer(until, [this, &running] {
    running.silence_timer = os::TimerId::none;
    close_stream(running, 0);
    close_stream(running, 1);
    end_if_over(running);
  });
}

/// May destroy `running`: nothing is done with it afterwards.
void LocalBackend::end_if_over(Running& running) {
  if (!running.is_reaped || !running.is_drained()) {
    return;
  }
  loop_.cancel(running.timeout_timer);
  loop_.cancel(running.silence_timer);
  loop_.remove(running.input_watch);
  const auto ended = running_.extract(running.id);
  events_.ended(ended.key(), ended.mapped()->result);
}

/// Orphans that we adopted and that have ended. Nobody waits for them, so now and then is enough.
void LocalBackend::sweep_orphans() {
  sweep_timer_ = os::TimerId::none;
  for (const std::int32_t child :
       os::children_of(os::own_pid()).value_or(std::vector<std::int32_t>{})) {
    const bool is_leader = std::ranges::any_of(
        running_, [child](const auto& entry) { return entry.second->pid == child; });
    const auto stat = is_leader ? Result<os::ProcStat>() : os::read_proc_stat(child);
    if (!is_leader && stat && stat->is_zombie()) {
      static_cast<void>(os::wait_status(P_PID, child, os::Waiting::no, os::Leave::reaped));
    }
  }
  if (!running_.empty()) {
    arm_sweep();
  }
}

void LocalBackend::arm_sweep() {
  if (sweep_timer_ == os::TimerId::none) {
    sweep_timer_ = loop_.add_timer(sweep_pause, [this] { sweep_orphans(); });
  }
}

// --- time ----------------------------------------------------------------------------------------

/// Without the time that it was paused.
std::chrono::nanoseconds LocalBackend::elapsed(const Running& running) const {
  const os::Instant now = paused_since_.value_or(loop_.now());
  return now - running.start - (paused_ - running.paused_before);
}

void LocalBackend::set_timeout(AttemptId id, std::optional<std::chrono::nanoseconds> limit) {
  if (Running* running = find(id); running != nullptr && !running->is_reaped) {
    running->timeout = limit;
    arm_timeout(*running);
  }
}

void LocalBackend::arm_timeout(Running& running) {
  loop_.cancel(std::exchange(running.timeout_timer, os::TimerId::none));
  if (!running.timeout || running.is_stopping || paused_since_) {
    return;
  }
  running.timeout_timer = loop_.add_timer(*running.timeout - elapsed(running), [this, &running] {
    running.timeout_timer = os::TimerId::none;
    begin_stop(running, AttemptEnd::timed_out, StopHow::by_ladder);
  });
}

// --- stopping ------------------------------------------------------------------------------------

void LocalBackend::stop(AttemptId id, StopHow how) {
  if (Running* running = find(id)) {
    begin_stop(*running, AttemptEnd::stopped, how);
  }
}

void LocalBackend::begin_stop(Running& running, AttemptEnd why, StopHow how) {
  if (running.is_reaped) {
    return;  // It has ended by itself; what it left behind writes its last bytes.
  }
  if (!std::exchange(running.is_stopping, true)) {
    running.result.end = why;
    running.kill_at = loop_.now() + settings_.grace;
    loop_.cancel(std::exchange(running.timeout_timer, os::TimerId::none));
  }
  if (how == StopHow::at_once) {
    running.kill_at = loop_.now();
  }
  stop_pause_ = first_stop_pause;
  loop_.cancel(std::exchange(stop_timer_, os::TimerId::none));
  stop_timer_ = loop_.add_timer(0ns, [this] { turn_stops(); });
}

/// All attempts that are being stopped take their next step together: one look at all processes is
/// enough for all of them.
void LocalBackend::turn_stops() {
  stop_timer_ = os::TimerId::none;
  const Members members = look();
  std::vector<Running*> gone;
  for (const auto& [id, running] : running_) {
    if (!running->is_stopping || running->is_reaped) {
      continue;
    }
    const auto found = members.find(id);
    const std::span<const Member> living =
        found == members.end() ? std::span<const Member>() : std::span(found->second);
    if (running->has_exited && living.empty()) {
      gone.push_back(running.get());
    } else if (loop_.now() >= running->kill_at) {
      signal_family(leader_of(*running), living, SIGKILL);
    } else if (!std::exchange(running->is_signalled, true)) {
      signal_family(leader_of(*running), living, SIGTERM);
    }
  }
  arm_stop_turn();
  for (Running* running : gone) {
    reap(*running);
    end_if_over(*running);
  }
}

void LocalBackend::arm_stop_turn() {
  const bool is_wanted = std::ranges::any_of(running_, [](const auto& entry) {
    return entry.second->is_stopping && !entry.second->is_reaped;
  });
  if (is_wanted && stop_timer_ == os::TimerId::none) {
    stop_timer_ = loop_.add_timer(stop_pause_, [this] { turn_stops(); });
    stop_pause_ = std::min(stop_pause_ * 2, longest_stop_pause);
  }
}

Leader LocalBackend::leader_of(const Running& running) const {
  return {.id = running.id,
          .pid = running.pid,
          .sequence = running.sequence,
          .attempt = running.attempt};
}

Members LocalBackend::look() const {
  std::vector<Leader> leaders;
  for (const auto& [id, running] : running_) {
    if (!running->is_reaped) {
      leaders.push_back(leader_of(*running));
    }
  }
  return look_at_family(settings_.token, leaders);
}

void LocalBackend::signal_all(int signal) {
  const Members members = look();
  for (const auto& [id, running] : running_) {
    if (!running->is_reaped) {
      const auto found = members.find(id);
      signal_family(leader_of(*running),
                    found == members.end() ? std::span<const Member>() : std::span(found->second),
                    signal);
    }
  }
}

void LocalBackend::pause() {
  if (paused_since_) {
    return;
  }
  paused_since_ = loop_.now();
  signal_all(SIGSTOP);
  for (const auto& [id, running] : running_) {
    loop_.cancel(std::exchange(running->timeout_timer, os::TimerId::none));
  }
}

void LocalBackend::resume() {
  if (!paused_since_) {
    return;
  }
  const std::chrono::nanoseconds pause = loop_.now() - *std::exchange(paused_since_, std::nullopt);
  paused_ += pause;
  for (const auto& [id, running] : running_) {
    running->kill_at += pause;
    arm_timeout(*running);
  }
  signal_all(SIGCONT);
}

LocalBackend::Running* LocalBackend::find(AttemptId id) {
  const auto found = running_.find(id);
  return found != running_.end() ? found->second.get() : nullptr;
}

}  // namespace tend::jobs
