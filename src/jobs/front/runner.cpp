#include "jobs/front/runner.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>
#include <variant>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "jobs/front/progress_line.hpp"
#include "os/clock.hpp"
#include "os/machine.hpp"
#include "os/signals.hpp"
#include "os/standard_streams.hpp"

namespace tend::jobs {

namespace {

using namespace std::chrono_literals;

/// Starts in a row before the loop looks at what happened meanwhile.
constexpr int steps_at_once = 64;
/// When processes or descriptors have run out, and nobody tells when there are some again.
constexpr std::chrono::milliseconds shortage_pause{100};
constexpr std::chrono::milliseconds bar_pause{100};
constexpr std::chrono::seconds plain_pause{1};
constexpr std::chrono::hours for_ever{24};

std::string status_words(const AttemptRecord& record) {
  switch (record.end) {
    case AttemptEnd::exited:
    case AttemptEnd::not_started:
      return text::format("exit {}", record.status ? record.status->shell_code() : 0);
    case AttemptEnd::signalled:
      return text::format("signal {}", record.status ? record.status->signal().value_or(0) : 0);
    case AttemptEnd::timed_out: return "timeout";
    case AttemptEnd::stopped: return "stopped";
    case AttemptEnd::output_lost: return "output lost";
    case AttemptEnd::worker_lost: return "worker lost";
  }
  return "unknown";
}

std::string reason_words(const AttemptRecord& record) {
  std::string words = record.status ? record.status->description() : "did not end";
  if (record.end == AttemptEnd::timed_out) {
    words = "timed out after " + human_duration(record.runtime);
  } else if (record.end == AttemptEnd::not_started) {
    words = "not started";
  } else if (record.end == AttemptEnd::worker_lost) {
    words = "its worker was lost";
  }
  return record.problem.empty() ? words : words + ": " + record.problem;
}

int shell_code(const AttemptRecord& record) {
  constexpr int code_timed_out = 124;
  if (record.end == AttemptEnd::timed_out) {
    return code_timed_out;
  }
  const int code = record.status ? record.status->shell_code() : 0;
  return code == 0 ? 1 : code;
}

}  // namespace

struct Runner::LiveJob {
  Job job{};
  JobIdentity identity{};
  std::shared_ptr<const std::string> input{};
  bool may_have_run = false;  ///< Before the present attempt, and nobody knows how far.
  AttemptId attempt_id{};
  unsigned attempt = 0;
  unsigned slot = 0;
  std::vector<std::string> argv{};
  AttemptStart start{};
  std::optional<Error> lost_output{};
  std::optional<AttemptRecord> last{};  ///< Of the attempts before the present one.
};

// --- the whole -----------------------------------------------------------------------------------

Result<int> Runner::run(RunOptions options, RunParts parts) {
  Runner runner(TEND_TRY(os::EventLoop::make()), std::move(options), std::move(parts));
  TEND_TRY(runner.set_up());
  return runner.run_to_end();
}

Runner::Runner(os::EventLoop loop, RunOptions options, RunParts parts)
    : loop_(std::move(loop)),
      options_(std::move(options)),
      parts_(std::move(parts)),
      store_(store_budget_bytes, options_.spill_directory),
      outlet_(loop_, store_,
              {.drained = [this] { desk_->drained(); },
               .broken = [this](OutputStream stream,
                                const Error& error) { on_broken_stream(stream, error); }}),
      schedule_(options_.schedule),
      begin_(loop_.now()) {}

Runner::~Runner() {
  backend_.reset();  // Its events have nowhere to go any more.
}

Result<> Runner::set_up() {
  os::keep_freed_memory(store_budget_bytes);
  TEND_TRY(listen_to_signals());
  // First of all, because it leaves a copy of this process as a guard: the less there is, the
  // smaller it is.
  backend_ = TEND_TRY(parts_.make_backend(loop_, *this));
  for (const auto& gate : parts_.gates) {
    gate->attach(loop_);
  }
  OutputDesk::Options desk{
      .mode = options_.mode,
      .shown = options_.shown,
      .ends_lines = parts_.tag != nullptr || options_.mode == OutputMode::live};
  if (!options_.result_folder.empty()) {
    desk.files = TEND_TRY(ResultFiles::open(options_.result_folder));
  }
  desk_ = std::make_unique<OutputDesk>(
      outlet_, store_, std::move(desk),
      OutputDesk::Callbacks{
          .hold =
              [this](Sequence sequence, bool is_held) {
                if (const auto job = jobs_.find(sequence); job != jobs_.end()) {
                  backend_->hold_output(job->second.attempt_id, is_held);
                }
              },
          .lost =
              [this](Sequence sequence, const Error& error) {
                const auto job = jobs_.find(sequence);
                if (job == jobs_.end() || !attempts_.contains(job->second.attempt_id)) {
                  return break_off(error.message());  // It is over, and was logged as such.
                }
                say(text::format("job {} ({}): {}", sequence, title_of(job->second),
                                 error.message()));
                job->second.lost_output = error;
              }});
  if (options_.progress != ProgressKind::none) {
    show_progress();
  }
  return {};
}

/// What was ignored when we were started (nohup, a shell's background job) stays ignored.
Result<> Runner::listen_to_signals() {
  SignalSet wanted;
  const SignalSet ignored = os::ignored_signals();
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGUSR1, SIGUSR2}) {
    if (!ignored.contains(number)) {
      wanted.add(number);
    }
  }
  signals_ = TEND_TRY(os::open_signalfd(wanted));
  signal_watch_ = TEND_TRY(loop_.add(signals_, os::Interest::read, [this](os::Ready) {
    for (const os::SignalArrival& arrival :
         os::read_signals(signals_).value_or(std::vector<os::SignalArrival>{})) {
      on_signal(arrival.number);
    }
  }));
  return {};
}

bool Runner::is_over() const {
  const bool is_finished =
      schedule_.next(loop_.now(), {}).next == Schedule::Next::finished && attempts_.empty();
  // A reader that does not read keeps nobody from leaving who was told twice to.
  return is_finished && (!outlet_.is_blocked() || interrupts_ > 1);
}

Result<int> Runner::run_to_end() {
  while (true) {
    const bool has_more = advance();
    if (is_over()) {
      break;
    }
    TEND_TRY(loop_.run_once(has_more ? 0ms : std::chrono::milliseconds(for_ever)));
  }
  loop_.cancel(progress_timer_);
  outlet_.set_status_line("");
  if (options_.progress == ProgressKind::plain) {
    say(progress_text());
  }
  end_.counts = schedule_.counts();
  if (schedule_.is_halted()) {
    end_.halted = options_.schedule.halt.what;
  }
  outlet_.write(OutputStream::err, summary_.text(end_.counts, early_end()));
  while (outlet_.is_blocked() && interrupts_ <= 1) {
    TEND_TRY(loop_.run_once(for_ever));
  }
  return exit_code_of(end_, options_.exit);
}

// --- starting ------------------------------------------------------------------------------------

/// Starts what can start; whether there is more to do at once.
bool Runner::advance() {
  for (int step_count = 0; step_count < steps_at_once; ++step_count) {
    const os::Instant now = loop_.now();
    if (closed_until_ && now >= *closed_until_) {
      closed_until_.reset();
    }
    const Schedule::Step step =
        schedule_.next(now, {.capacity = backend_->capacity(), .is_open = !closed_until_});
    switch (step.next) {
      case Schedule::Next::finished: return false;
      case Schedule::Next::wait: wake_at(closed_until_ ? closed_until_ : step.at); return false;
      case Schedule::Next::pull:
        if (input_watch_ != os::WatchId::none) {
          wake_at(step.at);
          return false;
        }
        pull();
        break;
      case Schedule::Next::start:
        if (is_admitted()) {
          begin_attempt();
        }
        break;
    }
  }
  return true;
}

void Runner::wake_at(std::optional<os::Instant> at) {
  loop_.cancel(std::exchange(wake_timer_, os::TimerId::none));
  if (at) {
    wake_timer_ = loop_.add_timer(*at, [this] { wake_timer_ = os::TimerId::none; });
  }
}

void Runner::pull() {
  auto next = parts_.source.next();
  if (!next) {
    say(next.error().message());
    end_.has_broken = true;
    schedule_.end_input();
  } else if (Job* job = std::get_if<Job>(&*next)) {
    take(std::move(*job));
  } else if (const WaitForInput* wait = std::get_if<WaitForInput>(&*next)) {
    wait_for(*wait->descriptor);
  } else {
    schedule_.end_input();
  }
}

/// Each is remembered, to tell equal jobs apart: only for those who ask.
JobIdentity Runner::identity_of(const Job& job) {
  if (parts_.identify) {
    return parts_.identify(job);
  }
  return parts_.is_done || parts_.log || parts_.to_json ? identities_.identify(job) : JobIdentity{};
}

void Runner::take(Job job) {
  const JobIdentity identity = identity_of(job);
  if (parts_.is_done && parts_.is_done(identity)) {
    ++skipped_;
    return;
  }
  const Sequence sequence = job.sequence;
  LiveJob live{.job = std::move(job),
               .identity = identity,
               .may_have_run = parts_.may_have_run && parts_.may_have_run(identity)};
  if (live.job.input) {
    live.input = std::make_shared<const std::string>(*std::exchange(live.job.input, std::nullopt));
  }
  desk_->open(sequence, parts_.tag ? parts_.tag(live.job) : std::string());
  jobs_.emplace(sequence, std::move(live));
  schedule_.add(sequence);
}

void Runner::wait_for(const os::Fd& input) {
  const auto watch = loop_.add(input, os::Interest::read, [this](os::Ready) {
    loop_.remove(std::exchange(input_watch_, os::WatchId::none));
  });
  if (!watch) {
    return break_off(watch.error().message());
  }
  input_watch_ = *watch;
}

/// Whether the next attempt may start.
bool Runner::is_admitted() {
  const AttemptId id{last_attempt_ + 1};
  for (auto gate = parts_.gates.begin(); gate != parts_.gates.end(); ++gate) {
    if (const auto refusal = (*gate)->admit(id, static_cast<unsigned>(attempts_.size()))) {
      std::for_each(parts_.gates.begin(), gate,
                    [id](const auto& passed) { passed->give_back(id); });
      closed_until_ = loop_.now() + refusal->pause;
      if (!refusal->why.empty() && !std::exchange(has_told_refusal_, true)) {
        say("waiting: " + refusal->why);
      }
      return false;
    }
  }
  return true;
}

void Runner::give_back_tokens(AttemptId id) {
  for (const auto& gate : parts_.gates) {
    gate->give_back(id);
  }
}

/// With all that the gates have for it.
Taken Runner::start_on_backend(Attempt attempt) {
  const bool is_equipped = std::ranges::all_of(
      parts_.gates, [&](const auto& gate) { return gate->equip(attempt).has_value(); });
  return is_equipped ? backend_->start(attempt) : Taken::later;
}

void Runner::begin_attempt() {
  const Schedule::Start start = schedule_.start(loop_.now());
  LiveJob& job = jobs_.at(start.sequence);
  const AttemptId id{++last_attempt_};
  job.attempt_id = id;
  job.attempt = start.attempt;
  job.slot = start.slot;
  job.argv = argv_in_slot(job.job, start.slot);
  job.start = {.time = os::realtime_now()};
  job.lost_output.reset();
  attempts_.emplace(id, start.sequence);
  desk_->begin_attempt(start.sequence, start.is_last);
  if (parts_.note_start) {
    if (const auto noted = parts_.note_start(job.identity, start.slot); !noted) {
      say(noted.error().message());
      parts_.note_start = {};
    }
  }
  if (job.may_have_run) {
    summary_.note_repeated(start.sequence);
  }
  // From here on `job` may be gone: an attempt that cannot be started ends within this call.
  const Taken taken = start_on_backend({.id = id,
                                        .identity = job.identity,
                                        .sequence = start.sequence,
                                        .attempt = start.attempt,
                                        .slot = start.slot,
                                        .argv = job.argv,
                                        .input = job.input,
                                        .timeout = time_limit()});
  if (taken == Taken::yes) {
    return;
  }
  attempts_.erase(id);
  give_back_tokens(id);
  closed_until_ = loop_.now() + shortage_pause;
  schedule_.put_back(start.sequence, *closed_until_);
  if (!std::exchange(has_told_shortage_, true)) {
    say("processes, descriptors or memory have run out; waiting until there are some again");
  }
}

std::optional<std::chrono::nanoseconds> Runner::time_limit() const {
  if (!options_.timeout.median_percent) {
    return options_.timeout.fixed;
  }
  const auto median = median_.median();
  constexpr int percent = 100;
  return median ? std::optional(*median / percent * *options_.timeout.median_percent)
                : std::nullopt;
}

// --- events of the backend -----------------------------------------------------------------------

void Runner::started(AttemptId id, const AttemptStart& start) {
  LiveJob& job = jobs_.at(attempts_.at(id));
  job.start = start;
  if (start.slot) {
    job.slot = *start.slot;
    job.argv = argv_in_slot(job.job, job.slot);
  }
}

void Runner::output(AttemptId id, OutputStream stream, std::string_view bytes) {
  desk_->write(attempts_.at(id), stream, bytes);
}

AttemptRecord Runner::record_of(const LiveJob& job, const AttemptResult& result) const {
  const Sequence sequence = job.job.sequence;
  AttemptRecord record{.identity = job.identity,
                       .sequence = sequence,
                       .attempt = job.attempt,
                       .may_have_run = job.may_have_run,
                       .slot = job.slot,
                       .command = options_.command,
                       .argv = job.argv,
                       .items = job.job.items,
                       .host = job.start.host,
                       .start = job.start.time,
                       .runtime = result.runtime,
                       .end = result.end,
                       .status = result.status,
                       .problem = result.problem,
                       .input_bytes = job.input ? job.input->size() : 0,
                       .output_bytes = desk_->bytes(sequence, OutputStream::out),
                       .error_bytes = desk_->bytes(sequence, OutputStream::err),
                       .usage = result.usage};
  if (job.lost_output) {
    record.end = AttemptEnd::output_lost;
    record.problem = job.lost_output->message();
  }
  return record;
}

void Runner::ended(AttemptId id, const AttemptResult& result) {
  const Sequence sequence = attempts_.extract(id).mapped();
  LiveJob& job = jobs_.at(sequence);
  AttemptRecord record = record_of(job, result);
  const auto ending = record.end == AttemptEnd::worker_lost ? Schedule::Ending::lost
                      : record.end == AttemptEnd::stopped   ? Schedule::Ending::stopped
                      : record.success()                    ? Schedule::Ending::success
                                                            : Schedule::Ending::failure;
  const Schedule::Verdict verdict =
      schedule_.ended(sequence, ending, loop_.now() - result.told_late);
  record.is_last = verdict.is_last;
  closed_until_.reset();
  give_back_tokens(id);
  if (parts_.log) {
    if (const auto logged = parts_.log(record); !logged) {
      break_off(logged.error().message());
    }
  }
  if (ending == Schedule::Ending::success) {
    note_success(record);
  }
  if (ending == Schedule::Ending::lost && !verdict.is_last) {
    say(text::format("job {} runs again: its worker was lost, so it may run twice{}", sequence,
                     desk_->has_shown(sequence) ? "; what it has written is shown again" : ""));
    job.may_have_run = true;
  }
  if (verdict.is_last) {
    if (ending == Schedule::Ending::failure || ending == Schedule::Ending::lost) {
      note_failure(record);
    }
    close_job(sequence, record);
  } else {
    job.last = std::move(record);
  }
  after_end();
}

void Runner::note_success(const AttemptRecord& record) {
  if (!options_.timeout.median_percent) {
    return;
  }
  median_.add(record.runtime);
  const auto limit = time_limit();
  if (limit == std::exchange(told_limit_, limit)) {
    return;
  }
  for (const auto& [id, sequence] : attempts_) {
    backend_->set_timeout(id, limit);
  }
}

void Runner::note_failure(const AttemptRecord& record) {
  if (!end_.first_failed_code) {
    end_.first_failed_code = shell_code(record);
  }
  summary_.add({.sequence = record.sequence,
                .command = title_of(jobs_.at(record.sequence)),
                .reason = reason_words(record),
                .last_words = desk_->error_tail(record.sequence, failure_lines),
                .attempts = record.attempt});
}

/// `last`: its last attempt; nothing: it never ran.
void Runner::close_job(Sequence sequence, const std::optional<AttemptRecord>& last) {
  desk_->close(sequence, last && parts_.to_json ? parts_.to_json(*last) : json::Value(),
               last ? status_words(*last) : "not started");
  jobs_.erase(sequence);
}

/// A job that is over may be what the halt policy waited for.
void Runner::after_end() {
  for (const Sequence sequence : schedule_.take_given_up()) {
    const LiveJob& job = jobs_.at(sequence);
    const std::optional<AttemptRecord> last = job.last;
    if (last && !last->success()) {
      note_failure(*last);
    }
    close_job(sequence, last);
  }
  if (schedule_.wants_stop()) {
    stop_running(StopHow::by_ladder);
  }
}

void Runner::has_room() { closed_until_.reset(); }

void Runner::notice(const std::string& words) { say(words); }

void Runner::failed(const Error& error) { break_off(error.message()); }

// --- ending early --------------------------------------------------------------------------------

void Runner::on_signal(int number) {
  switch (number) {
    case SIGINT:
    case SIGTERM: return interrupt(number);
    case SIGHUP:
      end_.signal = end_.signal.value_or(number);
      say("SIGHUP: no new jobs; those that run may finish");
      schedule_.drain();
      return after_end();
    case SIGTSTP: return suspend();
    case SIGUSR1:
    case SIGUSR2:
      if (backend_->capacity()) {
        return say(signal_name(number) + ": the slots of workers stay as they are");
      }
      return set_slots(number == SIGUSR1 ? schedule_.slots() + 1
                                         : std::max(1U, schedule_.slots() - 1));
    default: return;
  }
}

void Runner::set_slots(unsigned slots) {
  schedule_.set_slots(slots);
  for (const auto& gate : parts_.gates) {
    gate->set_slots(slots);
  }
}

void Runner::interrupt(int number) {
  end_.signal = number;
  ++interrupts_;
  schedule_.drain();
  after_end();
  if (interrupts_ > 1) {
    stop_running(StopHow::at_once);
  } else if (!attempts_.empty()) {
    say(text::format("{}: stopping {} job{}; once more to kill {}", signal_name(number),
                     attempts_.size(), attempts_.size() == 1 ? "" : "s",
                     attempts_.size() == 1 ? "it" : "them"));
    stop_running(StopHow::by_ladder);
  }
}

void Runner::stop_running(StopHow how) {
  if (std::exchange(has_stopped_, true) && how == StopHow::by_ladder) {
    return;
  }
  for (const auto& [id, sequence] : attempts_) {
    backend_->stop(id, how);
  }
}

/// Nothing that follows could be shown or recorded as promised.
void Runner::break_off(const std::string& why) {
  if (broken_) {
    return;
  }
  broken_ = why;
  end_.has_broken = true;
  say(why);
  schedule_.drain();
  stop_running(StopHow::by_ladder);
}

void Runner::on_broken_stream(OutputStream stream, const Error& error) {
  if (stream == OutputStream::err) {
    return;  // There is nobody left to tell; the jobs' output may have its reader still.
  }
  if (error.code != EPIPE) {
    Error told = error;
    told.subject = "standard output";
    return break_off(told.message());
  }
  end_.is_reader_gone = true;
  schedule_.drain();
  stop_running(StopHow::by_ladder);
}

std::optional<std::string> Runner::early_end() const {
  if (end_.signal) {
    return "stopped by " + signal_name(*end_.signal);
  }
  if (broken_) {
    return "stopped: " + *broken_;
  }
  if (schedule_.is_halted() && options_.schedule.halt.what != HaltPolicy::What::success) {
    return "stopped by --halt";
  }
  return std::nullopt;
}

/// Ctrl-Z: the shell goes on when we stop, and brings us back with SIGCONT.
void Runner::suspend() {
  outlet_.set_status_line("");
  backend_->pause();
  os::stop_this_process();
  backend_->resume();
}

std::string Runner::title_of(const LiveJob& job) const {
  return parts_.title ? parts_.title(job.job) : text::shell_words(job.argv);
}

// --- words ---------------------------------------------------------------------------------------

void Runner::say(const std::string& words) {
  outlet_.write(OutputStream::err, "tend: run: " + text::printable(words) + "\n");
}

std::string Runner::progress_text() const {
  const ProgressState state{.counts = schedule_.counts(),
                            .running = attempts_.size(),
                            .total = parts_.source.total(),
                            .elapsed = loop_.now() - begin_};
  return options_.progress == ProgressKind::bar
             ? progress_bar(state, os::terminal_columns(os::Stream::err).value_or(0))
             : progress_words(state);
}

void Runner::show_progress() {
  const bool is_bar = options_.progress == ProgressKind::bar;
  std::string words = progress_text();
  if (is_bar) {
    outlet_.set_status_line(words);
  } else if (words != last_progress_ && loop_.now() > begin_ + plain_pause / 2) {
    say(words);
    last_progress_ = std::move(words);
  }
  progress_timer_ = loop_.add_timer(is_bar ? std::chrono::nanoseconds(bar_pause) : plain_pause,
                                    [this] { show_progress(); });
}

}  // namespace tend::jobs
