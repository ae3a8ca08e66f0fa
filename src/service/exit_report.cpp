#include "service/exit_report.hpp"

#include <csignal>

#include "os/clock.hpp"

namespace tend::service {

Outcome outcome_of(const ExitReport& report) {
  // CLD_EXITED, CLD_KILLED and CLD_DUMPED of waitid(2).
  switch (report.code) {
    case CLD_EXITED: return {.how = Outcome::How::exited, .value = report.status};
    case CLD_KILLED: return {.how = Outcome::How::killed, .value = report.status};
    case CLD_DUMPED: return {.how = Outcome::How::dumped, .value = report.status};
    default: return {.how = Outcome::How::unknown};
  }
}

Outcome outcome_of(const ExitStatus& status) {
  if (const auto code = status.code()) {
    return {.how = Outcome::How::exited, .value = *code};
  }
  return {.how = status.core_dumped() ? Outcome::How::dumped : Outcome::How::killed,
          .value = status.signal().value_or(0)};
}

bool awaits_report(const StateFile& state, std::uint32_t index, std::uint32_t run) {
  return state.record(index).state.run == run && !state.has_report(index, run);
}

void write_report(StateFile& state, std::uint32_t index, std::uint32_t run,
                  const ExitStatus& status) {
  const Outcome outcome = outcome_of(status);
  ExitReport& report = state.report(index);
  report.code = outcome.how == Outcome::How::exited   ? CLD_EXITED
                : outcome.how == Outcome::How::killed ? CLD_KILLED
                                                      : CLD_DUMPED;
  report.status = outcome.value;
  report.sequence = ++state.header().keeper.report_sequence;
  report.ended_ns = static_cast<std::uint64_t>(os::monotonic_now().time_since_epoch().count());
  report.user_us = report.system_us = report.max_rss_kib = 0;
  // The run comes last: whoever sees it sees a whole report.
  store_shared(report.run, run);
}

}  // namespace tend::service
