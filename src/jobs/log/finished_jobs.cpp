#include "jobs/log/finished_jobs.hpp"

#include <utility>

#include "base/text.hpp"

namespace tend::jobs {

namespace {

bool is_finished(const AttemptRecord& record) {
  switch (record.end) {
    case AttemptEnd::exited:
    case AttemptEnd::signalled:
    case AttemptEnd::timed_out:
    case AttemptEnd::not_started:
    case AttemptEnd::output_lost: return record.is_last;
    case AttemptEnd::stopped:
    case AttemptEnd::worker_lost: return false;
  }
  std::unreachable();
}

}  // namespace

void FinishedJobs::note(const AttemptRecord& record) {
  command_ = record.command;
  ends_[record.identity] = record.end == AttemptEnd::worker_lost ? End::lost
                           : !is_finished(record)                ? End::unfinished
                           : record.success()                    ? End::succeeded
                                                                 : End::failed;
}

bool FinishedJobs::skips(const JobIdentity& identity, Resume resume) const {
  const auto found = ends_.find(identity);
  if (found == ends_.end()) {
    return false;
  }
  return found->second == End::succeeded ||
         (found->second == End::failed && resume == Resume::unfinished);
}

bool FinishedJobs::was_lost(const JobIdentity& identity) const {
  const auto found = ends_.find(identity);
  return found != ends_.end() && found->second == End::lost;
}

Result<> FinishedJobs::check_command(std::string_view command) const {
  if (ends_.empty() || command_ == command) {
    return {};
  }
  return refused("resume", "the log",
                 text::format("is of another command: {}, not {}; with --force the jobs that have "
                              "the same arguments as then are left out",
                              text::printable(command_), text::printable(command)));
}

}  // namespace tend::jobs
