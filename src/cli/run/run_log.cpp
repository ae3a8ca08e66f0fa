#include "cli/run/run_log.hpp"

#include <utility>

#include "base/try.hpp"
#include "cli/output.hpp"
#include "cli/run/word.hpp"
#include "jobs/log/attempt_text.hpp"

namespace tend::cli {

namespace {

Outcome<std::optional<jobs::Resume>> resume_of(const Invocation& invocation) {
  const auto word = invocation.value("resume");
  if (!word) {
    return std::nullopt;
  }
  if (!invocation.has("log")) {
    return fail(exit_usage, "run: --resume needs the --log of the run that is to go on");
  }
  if (!word->empty() && *word != "failed") {
    return bad_word("resume", *word, "failed, or nothing");
  }
  return word->empty() ? jobs::Resume::unfinished : jobs::Resume::failed;
}

}  // namespace

Outcome<RunLog> RunLog::open(const Invocation& invocation, const std::string& command) {
  RunLog log;
  log.resume_ = TEND_TRY(resume_of(invocation));
  const auto content = log.resume_ ? jobs::JobLog::Content::kept : jobs::JobLog::Content::replaced;
  if (log.resume_) {
    jobs::LogContent known = TEND_TRY(or_tend_failed(jobs::read_job_log(*invocation.value("log"))));
    if (const auto same = known.finished.check_command(command);
        !same && !invocation.has("force")) {
      return fail(exit_usage, "run: " + same.error().message());
    }
    if (known.torn_lines > 0) {
      complain(text::format("run: {} line{} of the log could not be read and do not count",
                            known.torn_lines, known.torn_lines == 1 ? "" : "s"));
    }
    log.finished_ = std::move(known.finished);
  }
  if (const auto path = invocation.value("log")) {
    log.json_ = TEND_TRY(or_tend_failed(jobs::JobLog::open(*path, content)));
    if (log.json_->is_file()) {
      log.running_ = TEND_TRY(or_tend_failed(
          jobs::RunningJobs::open(*path, log.resume_ ? jobs::RunningJobs::Content::kept
                                                     : jobs::RunningJobs::Content::replaced)));
    }
  }
  if (const auto path = invocation.value("joblog")) {
    log.joblog_ = TEND_TRY(or_tend_failed(jobs::JobLog::open(*path, content)));
    if (log.joblog_->is_new()) {
      TEND_TRY(log.joblog_->append(jobs::joblog_headline()));
    }
  }
  return log;
}

Result<> RunLog::append(const jobs::AttemptRecord& record) {
  if (json_) {
    if (const auto logged = json_->append(jobs::attempt_json(record)); !logged) {
      running_.reset();  // The file stays: it knows what the log does not.
      return logged;
    }
  }
  if (running_ && !record.success()) {
    TEND_TRY(running_->note_failure(record.identity));
  }
  if (joblog_) {
    TEND_TRY(joblog_->append(jobs::joblog_line(record)));
  }
  return {};
}

bool RunLog::is_done(const jobs::JobIdentity& identity) const {
  return finished_.skips(identity, *resume_);
}

bool RunLog::may_have_run(const jobs::JobIdentity& identity) const {
  return finished_.was_lost(identity) || (running_ && running_->was_running(identity));
}

Result<> RunLog::note_start(const jobs::JobIdentity& identity, unsigned slot) {
  if (!running_) {
    return {};
  }
  auto noted = running_->note_start(identity, slot);
  if (!noted) {
    running_.reset();
    noted.error().detail += "; should this run be killed, nobody will know which jobs ran";
  }
  return noted;
}

void RunLog::finish() {
  if (running_) {
    if (const auto finished = running_->finish(); !finished) {
      complain("run: " + finished.error().message());
    }
  }
}

}  // namespace tend::cli
