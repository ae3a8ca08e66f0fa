// Whatever stands in a line of a log of jobs: it is refused, or it is an attempt that is written
// and read back as it is.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "jobs/log/attempt_text.hpp"
#include "jobs/log/finished_jobs.hpp"

namespace {

void require(bool claim) {
  if (!claim) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tend::jobs;
  const auto record = parse_attempt(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!record) {
    require(!record.error().message().empty());
    return 0;
  }
  require(parse_attempt(attempt_json(*record)).value() == *record);
  require(!joblog_line(*record).contains('\n'));
  FinishedJobs finished;
  finished.note(*record);
  require(finished.check_command(record->command).has_value());
  require(!record->success() || !record->is_last ||
          finished.skips(record->identity, Resume::failed));
  return 0;
}
