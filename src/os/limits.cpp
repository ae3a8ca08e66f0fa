#include "os/limits.hpp"

#include <unistd.h>

#include <charconv>
#include <string_view>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/files.hpp"
#include "os/proc_text.hpp"
#include "os/procfs.hpp"
#include "os/raw/syscall.hpp"

namespace tend::os {

namespace {

/// The first number of a text.
std::optional<std::uint64_t> leading_number(std::string_view text, int base = 10) {
  text = text::trimmed(text);
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return parsed.ec == std::errc{} ? std::optional(number) : std::nullopt;
}

std::optional<std::uint64_t> status_number(std::string_view status, std::string_view key,
                                           int base = 10) {
  const auto value = parse_proc_status(status, key);
  return value ? leading_number(*value, base) : std::nullopt;
}

}  // namespace

Result<LimitPair> exchange_limit(int resource, std::optional<LimitPair> wanted, std::int32_t pid) {
  // The kernel's own form of 64 bits, whatever rlim_t is.
  LimitPair before;
  const long result =
      raw::syscall(__NR_prlimit64, pid, resource, wanted ? &*wanted : nullptr, &before);
  if (result < 0) {
    return failed("limit", "process " + std::to_string(pid == 0 ? own_pid() : pid),
                  static_cast<int>(-result));
  }
  return before;
}

Result<std::uint64_t> kernel_setting(const std::string& name) {
  const std::string path = "/proc/sys/kernel/" + name;
  const auto number = leading_number(TEND_TRY(read_file(path, 64)));
  if (!number) {
    return refused("read", path, "not a number");
  }
  return *number;
}

Result<std::uint64_t> threads_of_machine() {
  // `0.20 0.18 0.12 1/80 11206`: running and all threads stand before and behind the slash.
  const std::string text = TEND_TRY(read_file("/proc/loadavg", 256));
  const std::size_t slash = text.find('/');
  const auto number = slash == std::string::npos
                          ? std::nullopt
                          : leading_number(std::string_view(text).substr(slash + 1));
  if (!number) {
    return refused("read", "/proc/loadavg", "not of the known form");
  }
  return *number;
}

Result<UserLoad> load_of_user(std::uint32_t uid) {
  UserLoad load;
  for (const std::int32_t pid : TEND_TRY(all_pids())) {
    const auto status = read_proc_file(pid, "status", 16384);
    if (!status || status_number(*status, "Uid") != uid) {
      continue;  // Another's, or it has ended meanwhile.
    }
    ++load.processes;
    load.threads += status_number(*status, "Threads").value_or(1);
  }
  return load;
}

std::uint32_t real_uid() noexcept { return ::getuid(); }

bool is_process_limit_in_force() noexcept {
  constexpr std::uint64_t privileged = (1ULL << 21U) | (1ULL << 24U);  // SYS_ADMIN, SYS_RESOURCE
  if (real_uid() == 0) {
    return false;
  }
  const auto status = read_proc_file(own_pid(), "status", 16384);
  const auto capabilities = status ? status_number(*status, "CapEff", 16) : std::nullopt;
  return (capabilities.value_or(0) & privileged) == 0;
}

}  // namespace tend::os
