// Whatever stands in a line of a log of jobs: it is refused, or it is an attempt that is written
// and read back as it is.

#include <string_view>

#include "jobs/log/attempt_text.hpp"
#include "jobs/log/finished_jobs.hpp"
#include "target.hpp"

void tend::fuzz::try_input(std::string_view input) {
  using namespace tend::jobs;
  const auto record = parse_attempt(input);
  if (!record) {
    require(!record.error().message().empty());
    return;
  }
  require(parse_attempt(attempt_json(*record)).value() == *record);
  require(!joblog_line(*record).contains('\n'));
  FinishedJobs finished;
  finished.note(*record);
  require(finished.check_command(record->command).has_value());
  require(!record->success() || !record->is_last ||
          finished.skips(record->identity, Resume::failed));
}
