#include "process/start_failure.hpp"

#include <tend/limits.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/text.hpp"

namespace tend {

namespace {

std::string used_up(const StartLimits& limits) {
  const auto nearest = limits.nearest();
  if (!nearest) {
    return "no more processes or threads, or no memory for a stack";
  }
  if (nearest->left() > nearest->most / 50) {
    // Nothing is near: then it was the memory (pthread_create(3) says EAGAIN for that too).
    return text::format(
        "no limit of processes is near (the nearest: {} of {} {}), so memory for a stack is "
        "missing: smaller stacks, or fewer threads",
        nearest->used, nearest->most, nearest->what);
  }
  return text::format("no more processes or threads: {} of {} {}; start fewer, or raise that limit",
                      nearest->used, nearest->most, nearest->what);
}

}  // namespace

std::optional<StartLimit> StartLimits::nearest() const {
  const auto found = std::ranges::min_element(limits, {}, &StartLimit::left);
  return found == limits.end() ? std::nullopt : std::optional(*found);
}

std::string explain_start_failure(int code, const StartLimits& limits) {
  switch (code) {
    case EAGAIN: return used_up(limits);
    case ENOMEM:
      return "no memory for another process, or process 1 of this pid namespace has ended";
    case EPERM:
    case ENOSYS: return "a sandbox (seccomp) refuses to make processes or threads";
    case EMFILE: return "this process has too many open files (RLIMIT_NOFILE)";
    case ENFILE: return "the machine has too many open files (file-max)";
    default: return "the kernel refused";
  }
}

std::string explain_start_failure(int code) {
  const auto limits = code == EAGAIN ? start_limits() : Result<StartLimits>(StartLimits{});
  return explain_start_failure(code, limits.value_or(StartLimits{}));
}

namespace process {

Error with_limits(Error error) {
  if (error.detail.empty()) {
    error.detail = explain_start_failure(error.code);
  }
  return error;
}

}  // namespace process

}  // namespace tend
