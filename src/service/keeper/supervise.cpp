#include <errno.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "os/raw/calls.hpp"
#include "service/keeper/descriptor_store.hpp"
#include "service/keeper/hang_watch.hpp"
#include "service/keeper/helper_process.hpp"
#include "service/keeper/keeper.hpp"
#include "service/keeper/messenger.hpp"
#include "service/keeper/reaper.hpp"
#include "service/keeper/say.hpp"
#include "service/keeper/upgrade.hpp"

namespace tend::service::keeper {

namespace raw = os::raw;

namespace {

constexpr std::uint64_t ms = 1'000'000;
constexpr std::uint64_t never = ~std::uint64_t{0};
constexpr int messages_per_turn = 256;
constexpr int signals_at_once = 8;

/// An end that the director has not acknowledged hides those behind it from waitid(2). It nearly
/// always does so at once; after this time they are looked for one by one.
constexpr std::uint64_t hidden_at_most_ns = 5 * ms;

/// So many in a row after an upgrade (the first is that of the old program), and the new program is
/// taken for broken.
constexpr std::uint32_t short_lives_max = 4;

/// How long a finished project waits for its recorder (a full or slow disk), and PID 1 for those
/// who show its output.
constexpr std::uint64_t recorder_wait_ns = 10'000 * ms;
constexpr std::uint64_t viewer_wait_ns = 2'000 * ms;

/// The value of a variable that holds a number; -1 if there is none. `name` ends with `=`.
long number_of(char* const* environment, const char* name) noexcept {
  const std::size_t bytes = __builtin_strlen(name);
  for (; *environment != nullptr; ++environment) {
    if (__builtin_strncmp(*environment, name, bytes) == 0) {
      return number_in(*environment + bytes);
    }
  }
  return -1;
}

/// At its end a socket stays readable for ever: it leaves the poll set.
void close_socket(HelperProcess& helper) noexcept {
  if (helper.socket >= 0) {
    raw::close(helper.socket);
    helper.socket = -1;
  }
}

class Keeper {
 public:
  Keeper(const StateView& view, char* const* environment) noexcept
      : view_(view), environment_(environment) {}

  int run() noexcept;

  /// The same, as the new image of a keeper that runs already.
  int go_on(const UpgradeTable& table) noexcept;

 private:
  [[nodiscard]] bool prepare() noexcept;
  int work() noexcept;
  void take_helper(HelperProcess& helper, int pid, int socket) noexcept;
  void start_recorder() noexcept;
  void upgrade_if_wanted() noexcept;
  void judge_program(HelperProcess& helper) noexcept;
  void wait_and_handle() noexcept;
  void handle_signals() noexcept;
  /// Those that run; 0 ends the list.
  struct HelperPids {
    int pids[3];
  };
  [[nodiscard]] HelperPids helpers() const noexcept;
  void handle_children() noexcept;
  void handle_director() noexcept;
  void handle_recorder() noexcept;
  void handle(const Received& received) noexcept;
  void note_helper_end(const HelperEnd& end) noexcept;
  void restart_helpers() noexcept;
  void pass_to_recorder() noexcept;
  [[nodiscard]] bool pass_to_recorder(Stored& entry) noexcept;
  void tell_director() noexcept;
  void note_reports() noexcept;
  void watch_director() noexcept;
  [[nodiscard]] DirectorSigns signs_of_director() const noexcept;
  [[nodiscard]] std::uint64_t next_deadline() const noexcept;
  [[nodiscard]] bool is_over() const noexcept;
  [[nodiscard]] bool has_other_children() const noexcept;

  StateView view_;
  char* const* environment_;
  int signals_ = -1;
  int report_event_ = -1;
  HelperProcess director_{.which = Helper::director};
  HelperProcess recorder_{.which = Helper::recorder};
  HangWatch hang_watch_{};
  bool was_aborted_ = false;  ///< This director was told to end, with a core.
  Message answer_{};          ///< For the director; sent before its next message is read.
  bool has_answer_ = false;
  bool wants_upgrade_ = false;
  bool has_reports_ = true;  ///< Some may wait to be acknowledged.
  bool has_unpassed_ = false;
  bool has_child_news_ = true;        ///< A child has ended, or an end was acknowledged.
  bool has_child_signal_ = true;      ///< A child has ended.
  std::uint64_t look_behind_ns_ = 0;  ///< When to look behind an end that stays; 0: not.
  bool has_children_left_ = false;    ///< The reaper stopped at its bound.
  bool is_finished_ = false;
  int exit_code_ = 0;
  std::uint64_t finished_ns_ = 0;
};

constexpr raw::SignalBits stop_signals =
    raw::bit_of(SIGTERM) | raw::bit_of(SIGINT) | raw::bit_of(SIGQUIT) | raw::bit_of(SIGPWR);

/// Those that ask to stop, the end of children, and those that would end us if we let them.
/// SIGRTMIN
/// + 3 (37) is what systemd and some container engines send to stop.
constexpr raw::SignalBits stop_realtime = raw::bit_of(37);
constexpr raw::SignalBits watched_signals = stop_signals | stop_realtime | raw::bit_of(SIGCHLD) |
                                            raw::bit_of(SIGHUP) | raw::bit_of(SIGUSR1) |
                                            raw::bit_of(SIGUSR2) | raw::bit_of(SIGPIPE) |
                                            raw::bit_of(SIGALRM) | raw::bit_of(SIGXFSZ);

bool Keeper::prepare() noexcept {
  // In the first instant nothing may be lost: block first, then look.
  raw::set_signal_mask(watched_signals);
  raw::prctl(PR_SET_CHILD_SUBREAPER, 1);
  signals_ = static_cast<int>(raw::signalfd(watched_signals));
  count_stored(view_);
  close_on_exec(view_);
  report_event_ = stored_fd(view_, StoredKind::report_event);
  if (const long limit_ms = number_of(environment_, "TEND_DIRECTOR_TIMEOUT_MS="); limit_ms > 0) {
    hang_watch_.set_limit(static_cast<std::uint64_t>(limit_ms) * ms);
  }
  if (signals_ < 0 || report_event_ < 0) {
    say("cannot watch signals; errno ", -signals_);
    return false;
  }
  return true;
}

int Keeper::run() noexcept {
  if (!prepare()) {
    return 125;
  }
  store_shared(view_.header->keeper.keeper_pid, static_cast<std::int32_t>(raw::getpid()));
  start_recorder();
  start(director_, view_, environment_);
  return work();
}

void Keeper::start_recorder() noexcept {
  start(recorder_, view_, environment_);
  if (recorder_.pid != 0) {
    // The new recorder has its copies: the old one of an adopted project may go.
    drop(view_, StoredKind::handover_peer, no_record, 0);
  }
}

/// Director and recorder are the old program: they end, and the new one follows them as after any
/// other death, losing nothing.
int Keeper::go_on(const UpgradeTable& table) noexcept {
  if (!prepare()) {
    return 125;
  }
  take_next_program(view_);
  take_helper(director_, table.director_pid, table.director_socket);
  take_helper(recorder_, table.recorder_pid, table.recorder_socket);
  ++view_.header->keeper.upgrades;
  return work();
}

void Keeper::take_helper(HelperProcess& helper, int pid, int socket) noexcept {
  helper.pid = pid;
  helper.socket = socket;
  helper.started_ns = raw::monotonic_ns();
  if (socket >= 0) {
    raw::fcntl(socket, F_SETFD, FD_CLOEXEC);
  }
  if (pid > 0) {
    raw::kill(pid, SIGKILL);
  }
}

/// After all ends were dealt with: the new image must not wait for a helper that is reaped already.
/// And after the answer before this one.
void Keeper::upgrade_if_wanted() noexcept {
  if (!wants_upgrade_ || has_answer_) {
    return;
  }
  wants_upgrade_ = false;
  const long result =
      is_finished_ ? -EBUSY : become_next(view_, director_, recorder_, environment_);
  answer_ = {.type = MessageType::upgraded, .value = static_cast<std::int32_t>(-result)};
  has_answer_ = director_.pid != 0;
}

/// After an upgrade: one good life shows that the new program works, a row of short ones that not.
void Keeper::judge_program(HelperProcess& helper) noexcept {
  if (helper.short_lives == 0) {
    drop(view_, StoredKind::previous_program, no_record, 0);
  } else if (helper.short_lives >= short_lives_max && restore_program(view_)) {
    say("the new program does not work; back to the one before the upgrade");
    helper.short_lives = 0;
    helper.start_at_ns = 0;
  }
}

int Keeper::work() noexcept {
  while (!is_over()) {
    wait_and_handle();
  }
  return exit_code_;
}

std::uint64_t Keeper::next_deadline() const noexcept {
  std::uint64_t deadline = never;
  const auto take = [&deadline](std::uint64_t candidate) {
    deadline = candidate < deadline ? candidate : deadline;
  };
  if (director_.pid == 0 && !director_.is_done) {
    take(director_.start_at_ns);
  }
  if (recorder_.pid == 0 && !recorder_.is_done) {
    take(recorder_.start_at_ns);
  }
  if (hang_watch_.deadline_ns() != 0) {
    take(hang_watch_.deadline_ns());
  }
  if (look_behind_ns_ != 0) {
    take(look_behind_ns_);
  }
  if (is_finished_) {
    take(finished_ns_ + recorder_wait_ns);
    if (recorder_.is_done) {
      take(finished_ns_ + viewer_wait_ns);
    }
  }
  return deadline;
}

void Keeper::wait_and_handle() noexcept {
  pollfd watched[3] = {{.fd = signals_, .events = POLLIN, .revents = 0},
                       {.fd = director_.socket,
                        .events = static_cast<short>(has_answer_ ? POLLOUT : POLLIN),
                        .revents = 0},
                       {.fd = recorder_.socket,
                        .events = static_cast<short>(has_unpassed_ ? POLLIN | POLLOUT : POLLIN),
                        .revents = 0}};
  const std::uint64_t deadline = has_children_left_ ? 0 : next_deadline();
  timespec timeout{};
  timespec* wait = nullptr;
  if (deadline != never) {
    const std::uint64_t now = raw::monotonic_ns();
    const std::uint64_t rest = deadline > now ? deadline - now : 0;
    timeout = {.tv_sec = static_cast<time_t>(rest / 1'000'000'000),
               .tv_nsec = static_cast<long>(rest % 1'000'000'000)};
    wait = &timeout;
  }
  if (raw::ppoll(watched, 3, wait) < 0) {
    return;  // EINTR: the loop looks again.
  }
  if (watched[0].revents != 0) {
    handle_signals();
  }
  if (watched[1].revents != 0) {
    handle_director();
  }
  if (watched[2].revents != 0) {
    handle_recorder();
  }
  handle_children();
  restart_helpers();
  upgrade_if_wanted();
  watch_director();
}

DirectorSigns Keeper::signs_of_director() const noexcept {
  DirectorSigns signs{.now_ns = raw::monotonic_ns()};
  if (director_.pid == 0) {
    return signs;
  }
  for (std::uint32_t i = 0; i < view_.header->record_count; ++i) {
    const std::uint32_t acknowledged = load_shared(view_.acknowledged[i]);
    signs.has_work |= view_.reports[i].run > acknowledged;
    signs.progress += acknowledged;
  }
  siginfo_t info{};
  raw::waitid(P_PID, director_.pid, &info, WSTOPPED | WNOHANG | WNOWAIT, nullptr);
  signs.is_stopped = info.si_pid != 0;
  return signs;
}

/// ABRT first, so that a core can tell why; KILL when that does not end it either.
/// Looking costs a walk over all records: at the first end that waits, and when the time is over.
void Keeper::watch_director() noexcept {
  const std::uint64_t deadline = hang_watch_.deadline_ns();
  if (!has_reports_ && deadline == 0) {
    return;
  }
  if (has_reports_ && deadline != 0 && director_.pid != 0 && raw::monotonic_ns() < deadline) {
    return;
  }
  const DirectorSigns signs = has_reports_ ? signs_of_director() : DirectorSigns{};
  if (hang_watch_.look(signs) == HangVerdict::hung) {
    say("the director has not dealt with an end in time; it is replaced. pid ", director_.pid);
    raw::kill(director_.pid, was_aborted_ ? SIGKILL : SIGABRT);
    was_aborted_ = true;
  }
}

void Keeper::handle_signals() noexcept {
  signalfd_siginfo infos[signals_at_once];
  const long bytes = raw::read(signals_, infos, sizeof infos);
  for (long i = 0; i < bytes / static_cast<long>(sizeof infos[0]); ++i) {
    const auto bit = raw::bit_of(static_cast<int>(infos[i].ssi_signo));
    has_child_signal_ |= bit == raw::bit_of(SIGCHLD);
    if ((bit & (stop_signals | stop_realtime)) != 0) {
      KeeperPart& part = view_.header->keeper;
      store_shared(part.stop_requests, part.stop_requests + 1);
      tell_director();
    }
  }
}

void Keeper::tell_director() noexcept {
  const std::uint64_t one = 1;
  raw::write(report_event_, &one, sizeof one);
}

void Keeper::note_reports() noexcept {
  has_reports_ = true;
  tell_director();
}

Keeper::HelperPids Keeper::helpers() const noexcept {
  return {{director_.pid != 0 ? director_.pid : recorder_.pid,
           director_.pid != 0 ? recorder_.pid : 0, 0}};
}

/// waitid(2) walks over all children: only when there is something to be seen.
void Keeper::handle_children() noexcept {
  const bool is_time_to_look = look_behind_ns_ != 0 && raw::monotonic_ns() >= look_behind_ns_;
  if (!has_child_signal_ && !has_child_news_ && !has_children_left_ && !is_time_to_look) {
    return;
  }
  const Reaped reaped =
      reap(view_, helpers().pids, own_children(), is_time_to_look ? Hidden::report : Hidden::leave);
  has_children_left_ = reaped.has_more;
  has_reports_ = reaped.may_hide || reaped.has_more;
  if (!reaped.may_hide || is_time_to_look) {
    look_behind_ns_ = 0;
  }
  if (reaped.may_hide && has_child_signal_ && look_behind_ns_ == 0) {
    look_behind_ns_ = raw::monotonic_ns() + hidden_at_most_ns;
  }
  has_child_signal_ = has_child_news_ = false;
  if (reaped.has_reported) {
    note_reports();
  }
  for (int i = 0; i < reaped.helper_ends_count; ++i) {
    note_helper_end(reaped.helper_ends[i]);
  }
}

void Keeper::note_helper_end(const HelperEnd& end) noexcept {
  HelperProcess& helper = end.pid == director_.pid ? director_ : recorder_;
  // What it sent before it died still counts: read on until the end of the stream.
  if (&helper == &director_) {
    handle_director();
    store_shared(view_.header->keeper.director_pid, 0);
    was_aborted_ = false;
  } else {
    handle_recorder();
    store_shared(view_.header->keeper.recorder_pid, 0);
  }
  close_socket(helper);
  has_answer_ = &helper == &director_ ? false : has_answer_;
  note_end(helper, raw::monotonic_ns());
  judge_program(helper);
  // A recorder that died while it wrote out the rest has to be followed by another one.
  const bool is_clean_end = end.code == CLD_EXITED && end.status == 0;
  if (is_finished_ && (&helper == &director_ || is_clean_end)) {
    helper.is_done = true;
    if (&helper == &recorder_ && raw::getpid() == 1) {
      // The last byte is written. Who still shows output, or was nobody's, shall end with us.
      raw::kill(-1, SIGTERM);
    }
  } else if (end.code == CLD_EXITED && end.status != 0) {
    say(&helper == &director_ ? "the director gave up and is started again; exit code "
                              : "the recorder gave up and is started again; exit code ",
        end.status);
  } else if (end.code != CLD_EXITED && end.status != SIGKILL) {
    say(&helper == &director_ ? "the director crashed and is started again; signal "
                              : "the recorder crashed and is started again; signal ",
        end.status);
  }
}

void Keeper::restart_helpers() noexcept {
  const std::uint64_t now = raw::monotonic_ns();
  if (recorder_.pid == 0 && !recorder_.is_done && now >= recorder_.start_at_ns) {
    has_unpassed_ = false;  // It inherits all that is stored.
    start_recorder();
    if (is_finished_ && recorder_.pid != 0) {
      send_message(recorder_.socket, {.type = MessageType::finish}, -1);
    }
  }
  if (director_.pid == 0 && !director_.is_done && now >= director_.start_at_ns) {
    start(director_, view_, environment_);
  }
}

void Keeper::handle_director() noexcept {
  for (int i = 0; i < messages_per_turn && director_.socket >= 0; ++i) {
    if (has_answer_) {
      if (send_message(director_.socket, answer_, -1) == -EAGAIN) {
        return;
      }
      has_answer_ = false;
    }
    const Received received = receive_message(director_.socket);
    if (received.result == 0) {
      close_socket(director_);
    }
    if (received.result <= 0) {
      return;
    }
    handle(received);
  }
}

void Keeper::handle_recorder() noexcept {
  for (int i = 0; i < messages_per_turn && recorder_.socket >= 0; ++i) {
    const Received received = receive_message(recorder_.socket);
    if (received.result == 0) {
      close_socket(recorder_);
    }
    if (received.result <= 0) {
      break;
    }
    if (received.fd >= 0) {
      raw::close(received.fd);
    }
    const Message& message = received.message;
    if (message.type == MessageType::log_ended) {
      drop(view_, StoredKind::log_pipe, message.record, message.run);
    }
  }
  if (has_unpassed_) {
    pass_to_recorder();
  }
}

void Keeper::handle(const Received& received) noexcept {
  const Message& message = received.message;
  if (message.type == MessageType::store && received.fd >= 0) {
    if (bury_acknowledged(view_, message.record, helpers().pids)) {
      note_reports();
    }
    answer_ = message;
    answer_.type = MessageType::stored;
    has_answer_ = true;
    Stored* entry = keep(view_, message, received.fd);
    answer_.value = entry != nullptr ? 0 : ENOSPC;
    if (entry == nullptr) {
      raw::close(received.fd);
    } else if (is_for(message.kind, Helper::recorder)) {
      has_unpassed_ = has_unpassed_ || !pass_to_recorder(*entry);
    }
    return;
  }
  if (received.fd >= 0) {
    raw::close(received.fd);
  }
  if (message.type == MessageType::drop) {
    drop(view_, message.kind, message.record, message.run);
  } else if (message.type == MessageType::upgrade) {
    wants_upgrade_ = true;
  } else if (message.type == MessageType::finish && !is_finished_) {
    is_finished_ = true;
    exit_code_ = message.value;
    finished_ns_ = raw::monotonic_ns();
    director_.is_done = true;
    recorder_.start_at_ns = 0;  // If it is not there just now: no more pauses.
    if (recorder_.socket >= 0) {
      send_message(recorder_.socket, {.type = MessageType::finish}, -1);
    }
  }
  // `acknowledge` needs no answer: handle_children() buries whose end is acknowledged.
  has_child_news_ |= message.type == MessageType::acknowledge;
}

/// False: it has to be tried again when the recorder has read what waits for it.
bool Keeper::pass_to_recorder(Stored& entry) noexcept {
  if (recorder_.socket < 0) {
    return true;  // The next recorder inherits it.
  }
  const Message message{
      .type = MessageType::pass, .kind = entry.kind, .record = entry.record, .run = entry.run};
  const long result = send_message(recorder_.socket, message, entry.fd);
  entry.passed = result == 0 ? Passed::by_message : entry.passed;
  return result != -EAGAIN;
}

void Keeper::pass_to_recorder() noexcept {
  for (std::uint32_t i = 0; i < view_.header->stored_count; ++i) {
    Stored& entry = view_.stored[i];
    const bool is_unpassed =
        is_for(entry.kind, Helper::recorder) && entry.passed == Passed::not_yet;
    if (is_unpassed && !pass_to_recorder(entry)) {
      return;
    }
  }
  has_unpassed_ = false;
}

bool Keeper::has_other_children() const noexcept {
  siginfo_t info{};
  return raw::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT, nullptr) != -ECHILD;
}

bool Keeper::is_over() const noexcept {
  if (!is_finished_ || director_.pid != 0) {
    return false;
  }
  const std::uint64_t waited = raw::monotonic_ns() - finished_ns_;
  // Done only after a clean end: one that died has left bytes in the pipes for its successor.
  if (!recorder_.is_done) {
    if (waited < recorder_wait_ns) {
      return false;
    }
    say("the logs could not be written to the end; what is left in the pipes is lost");
    if (recorder_.pid != 0) {
      raw::kill(recorder_.pid, SIGKILL);
    }
    return true;
  }
  // As PID 1 our end is the end of everyone: let those who show the output finish.
  return raw::getpid() != 1 || waited >= viewer_wait_ns || !has_other_children();
}

}  // namespace

bool map_state(int state_fd, StateView& view) noexcept {
  const long bytes = raw::size_of(state_fd);
  const long base = bytes <= 0 ? bytes
                               : raw::mmap(static_cast<std::size_t>(bytes), PROT_READ | PROT_WRITE,
                                           MAP_SHARED, state_fd);
  if (base <= 0) {
    say("cannot map the state file; errno ", -base);
    return false;
  }
  const StateFault fault =
      look_into(reinterpret_cast<std::byte*>(base), static_cast<std::size_t>(bytes), view);
  if (fault != StateFault::none) {
    say("the state file is not usable; fault ", static_cast<long>(fault));
    return false;
  }
  return true;
}

int supervise(int state_fd, char* const* environment) noexcept {
  StateView view{};
  return map_state(state_fd, view) ? Keeper(view, environment).run() : 125;
}

int resume(int table_fd, char* const* environment) noexcept {
  UpgradeTable table{};
  StateView view{};
  if (!read_table(table_fd, table)) {
    say("this is not what an older keeper has left");
    return 125;
  }
  return map_state(table.state_fd, view) ? Keeper(view, environment).go_on(table) : 125;
}

}  // namespace tend::service::keeper
