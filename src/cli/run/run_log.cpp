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
    TEND_TRY(json_->append(jobs::attempt_json(record)));
  }
  if (joblog_) {
    TEND_TRY(joblog_->append(jobs::joblog_line(record)));
  }
  return {};
}

bool RunLog::is_done(const jobs::JobIdentity& identity) const {
  return finished_.skips(identity, *resume_);
}

}  // namespace tend::cli
