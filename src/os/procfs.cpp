#include "os/procfs.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/try.hpp"
#include "os/files.hpp"
#include "os/raw/syscall.hpp"

namespace tend::os {

namespace {

constexpr std::size_t processes_max = std::size_t{1} << 22;  // pid_max of the kernel.

std::string path_of(std::int32_t pid, const std::string& name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

std::vector<std::int32_t> numbers_in(const std::vector<std::string>& names) {
  std::vector<std::int32_t> numbers;
  for (const std::string& name : names) {
    std::int32_t number = 0;
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data(), end, number);
    if (parsed.ec == std::errc{} && parsed.ptr == end && number > 0) {
      numbers.push_back(number);
    }
  }
  return numbers;
}

}  // namespace

std::int32_t own_pid() noexcept { return static_cast<std::int32_t>(raw::syscall(__NR_getpid)); }

std::int32_t parent_pid() noexcept { return static_cast<std::int32_t>(raw::syscall(__NR_getppid)); }

std::uint32_t effective_uid() noexcept { return ::geteuid(); }

std::uint32_t effective_gid() noexcept { return ::getegid(); }

bool is_gone(const Error& error) noexcept { return error.code == ESRCH || error.code == ENOENT; }

Result<std::string> read_proc_file(std::int32_t pid, const std::string& name,
                                   std::size_t bytes_max) {
  return read_file(path_of(pid, name), bytes_max);
}

Result<ProcStat> read_proc_stat(std::int32_t pid) {
  auto stat = parse_proc_stat(TEND_TRY(read_proc_file(pid, "stat", 4096)));
  if (!stat) {
    return refused("read", path_of(pid, "stat"), "not of the known form");
  }
  return std::move(*stat);
}

Result<std::uint64_t> start_time_of(std::int32_t pid) {
  return TEND_TRY(read_proc_stat(pid)).start_ticks;
}

Result<std::vector<std::int32_t>> children_of(std::int32_t pid) {
  const Fd tasks = TEND_TRY(open_directory(path_of(pid, "task")));
  std::vector<std::int32_t> children;
  for (const std::string& thread : TEND_TRY(list_directory(tasks, processes_max))) {
    const auto text = read_file_at(tasks, thread + "/children", 64UL * 1024 * 1024);
    if (!text) {
      if (is_gone(text.error())) {
        continue;  // This thread has ended meanwhile.
      }
      return std::unexpected(text.error());
    }
    std::ranges::copy(parse_proc_children(*text), std::back_inserter(children));
  }
  return children;
}

Result<std::vector<std::int32_t>> all_pids() {
  const Fd proc = TEND_TRY(open_directory("/proc"));
  return numbers_in(TEND_TRY(list_directory(proc, processes_max)));
}

Result<ProcLimit> locks_limit_of(std::int32_t pid) {
  const auto limit =
      parse_proc_limit(TEND_TRY(read_proc_file(pid, "limits", 16384)), "Max file locks");
  if (!limit) {
    return refused("read", path_of(pid, "limits"), "not of the known form");
  }
  return *limit;
}

Result<std::vector<std::string>> environment_of(std::int32_t pid) {
  return parse_proc_strings(TEND_TRY(read_proc_file(pid, "environ", 4UL * 1024 * 1024)));
}

Result<std::string> read_boot_id() {
  std::string id = TEND_TRY(read_file("/proc/sys/kernel/random/boot_id", 64));
  while (!id.empty() && id.back() == '\n') {
    id.pop_back();
  }
  return id;
}

}  // namespace tend::os
