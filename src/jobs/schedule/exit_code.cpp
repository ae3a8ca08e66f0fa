#include "jobs/schedule/exit_code.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tend::jobs {

namespace {

constexpr int code_failed = 1;
constexpr int code_halted = 3;
constexpr int code_broken = 125;
constexpr int code_reader_gone = 141;  // 128 + SIGPIPE
constexpr std::uint64_t count_max = 101;

}  // namespace

Result<ExitRule> parse_exit_rule(std::string_view text) {
  if (text == "any") {
    return ExitRule::any;
  }
  if (text == "count") {
    return ExitRule::count;
  }
  if (text == "job") {
    return ExitRule::job;
  }
  return refused("exit", std::string(text), "it is any, count or job");
}

int exit_code_of(const RunEnd& end, ExitRule rule) {
  if (end.signal) {
    return 128 + *end.signal;
  }
  if (end.has_broken) {
    return code_broken;
  }
  if (end.is_reader_gone) {
    return code_reader_gone;
  }
  if (end.halted == HaltPolicy::What::success) {
    return 0;
  }
  if (end.counts.failed == 0) {
    return end.halted ? code_halted : 0;
  }
  switch (rule) {
    case ExitRule::any: return end.halted ? code_halted : code_failed;
    case ExitRule::count: return static_cast<int>(std::min(end.counts.failed, count_max));
    case ExitRule::job: return end.first_failed_code.value_or(code_failed);
  }
  std::unreachable();
}

}  // namespace tend::jobs
