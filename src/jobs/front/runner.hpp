#pragma once
// Runner: a whole `tend run`: pulls jobs from the source, starts them on the backend as the
// schedule says, shows what they write, logs how they end, listens to signals, and says at the end
// what failed. It decides nothing itself: that is schedule/, output/ and backend.hpp.
//
//   Ctrl-C, SIGTERM   no new jobs, those that run are stopped by the ladder; once more: at once
//   SIGHUP            no new jobs, those that run may finish
//   Ctrl-Z            jobs and their clocks stop with us
//   SIGUSR1, SIGUSR2  one slot more, one less

#include <tend/error.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "jobs/backend.hpp"
#include "jobs/front/failure_summary.hpp"
#include "jobs/front/run_options.hpp"
#include "jobs/log/job_identity.hpp"
#include "jobs/output/outlet.hpp"
#include "jobs/output/output_desk.hpp"
#include "jobs/output/output_store.hpp"
#include "jobs/schedule/runtime_median.hpp"
#include "jobs/schedule/schedule.hpp"
#include "os/event_loop.hpp"
#include "os/fd.hpp"

namespace tend::jobs {

class Runner final : private BackendEvents {
 public:
  using Sequence = Schedule::Sequence;

  /// To its end; the exit code of `tend run`. An error: it could not even begin.
  static Result<int> run(RunOptions options, RunParts parts);

  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

 private:
  struct LiveJob;

  Runner(os::EventLoop loop, RunOptions options, RunParts parts);
  ~Runner();

  Result<> set_up();
  Result<> listen_to_signals();
  Result<int> run_to_end();
  [[nodiscard]] bool is_over() const;

  // --- starting
  bool advance();
  void pull();
  [[nodiscard]] JobIdentity identity_of(const Job& job);
  void take(Job job);
  void wait_for(const os::Fd& input);
  [[nodiscard]] bool is_admitted();
  void begin_attempt();
  [[nodiscard]] Taken start_on_backend(Attempt attempt);
  void wake_at(std::optional<os::Instant> at);
  [[nodiscard]] std::optional<std::chrono::nanoseconds> time_limit() const;

  // --- events of the backend
  void started(AttemptId id, const AttemptStart& start) override;
  void output(AttemptId id, OutputStream stream, std::string_view bytes) override;
  void ended(AttemptId id, const AttemptResult& result) override;
  void has_room() override;
  void notice(const std::string& words) override;
  void failed(const Error& error) override;

  [[nodiscard]] AttemptRecord record_of(const LiveJob& job, const AttemptResult& result) const;
  void note_success(const AttemptRecord& record);
  void note_failure(const AttemptRecord& record);
  void close_job(Sequence sequence, const std::optional<AttemptRecord>& last);
  void after_end();
  void give_back_tokens(AttemptId id);

  // --- ending early
  void on_signal(int number);
  void set_slots(unsigned slots);
  void interrupt(int number);
  void stop_running(StopHow how);
  void break_off(const std::string& why);
  void on_broken_stream(OutputStream stream, const Error& error);
  [[nodiscard]] std::optional<std::string> early_end() const;
  void suspend();

  // --- words
  [[nodiscard]] std::string title_of(const LiveJob& job) const;
  void say(const std::string& words);
  void show_progress();
  [[nodiscard]] std::string progress_text() const;

  os::EventLoop loop_;
  RunOptions options_;
  RunParts parts_;
  OutputStore store_;
  Outlet outlet_;
  std::unique_ptr<OutputDesk> desk_{};
  std::unique_ptr<Backend> backend_{};
  Schedule schedule_;
  IdentityCounter identities_{};
  RuntimeMedian median_{};
  FailureSummary summary_{};
  RunEnd end_{};
  std::map<Sequence, LiveJob> jobs_;
  std::map<AttemptId, Sequence> attempts_{};  ///< The running ones.
  std::uint64_t last_attempt_ = 0;
  std::uint64_t skipped_ = 0;
  os::Fd signals_{};
  os::WatchId signal_watch_{};
  os::WatchId input_watch_{};
  os::TimerId wake_timer_{};
  os::TimerId progress_timer_{};
  std::optional<os::Instant> closed_until_{};  ///< No start before: somebody asked us to wait.
  std::optional<std::chrono::nanoseconds> told_limit_{};
  std::optional<std::string> broken_{};  ///< Why we gave up ourselves.
  std::string last_progress_{};
  os::Instant begin_{};
  unsigned interrupts_ = 0;
  bool has_told_shortage_ = false;
  bool has_told_refusal_ = false;
  bool has_stopped_ = false;
};

}  // namespace tend::jobs
