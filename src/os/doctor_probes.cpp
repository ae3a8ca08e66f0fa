#include "os/doctor_probes.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/try.hpp"
#include "os/cgroup.hpp"
#include "os/event_loop.hpp"
#include "os/eventfd.hpp"
#include "os/files.hpp"
#include "os/inotify.hpp"
#include "os/pidfd.hpp"
#include "os/procfs.hpp"
#include "os/raw/syscall.hpp"
#include "os/signals.hpp"

namespace tend::os {

namespace {

std::string kernel_words() {
  utsname name{};
  return ::uname(&name) == 0 ? std::string(name.release) + " " + name.machine : "unknown";
}

Result<> probe_pidfd() {
  const Fd own = TEND_TRY(open_pidfd(own_pid()));
  return send_signal(own, 0);
}

/// A child ends, is reaped, and then asked about.
bool probe_exit_info() {
  constexpr int code = 7;
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(code);
  }
  if (child < 0) {
    return false;
  }
  const auto pidfd = open_pidfd(child);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return pidfd && exit_status_of(*pidfd) == ExitStatus::exited(code);
}

Result<> probe_close_range() {
  // No descriptor has such a number, so nothing is closed.
  constexpr unsigned number = std::numeric_limits<int>::max();
  const long result = raw::syscall(__NR_close_range, number, number, 0);
  if (result < 0) {
    return failed("close_range", "", static_cast<int>(-result));
  }
  return {};
}

Result<> probe_mark() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_LOCKS, &limit) < 0) {
    return failed("getrlimit", "RLIMIT_LOCKS", errno);
  }
  const ProcLimit shown = TEND_TRY(locks_limit_of(own_pid()));
  if (shown.soft != limit.rlim_cur) {
    return refused("read", "/proc/self/limits", "it shows another limit of locks than we have");
  }
  return {};
}

Result<> probe_event_loop() {
  const EventLoop loop = TEND_TRY(EventLoop::make());
  const Fd event = TEND_TRY(make_eventfd());
  const Fd watch = TEND_TRY(make_inotify());
  return {};
}

bool has_file(const Fd& directory, const std::string& name) {
  return open_at(directory, name, O_WRONLY).has_value();
}

CgroupProbe probe_cgroup() {
  const auto parent = find_writable_cgroup();
  if (!parent) {
    const auto own = Cgroup::own();
    return {.refusal =
                own ? own->path() + " is not ours to make groups in" : own.error().message()};
  }
  CgroupProbe found{.path = parent->path()};
  const std::string name = "tend-doctor-" + std::to_string(own_pid());
  if (const auto group = parent->make_child(name)) {
    found.has_kill = has_file(group->directory(), "cgroup.kill");
  }
  static_cast<void>(parent->remove_child(name));
  return found;
}

ProcProbe probe_proc() {
  return {.is_readable = read_proc_stat(own_pid()).has_value(),
          .shows_all = read_proc_stat(1).has_value(),
          .shows_children = children_of(own_pid()).has_value()};
}

DirectoryProbe probe_directory(std::string path) {
  while (path.size() > 1 && !open_directory(path)) {
    path.resize(std::max<std::size_t>(1, path.rfind('/')));
  }
  DirectoryProbe found{.path = path};
  found.is_writable = ::faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
  if (const auto directory = open_directory(path)) {
    found.is_in_memory = is_in_memory(*directory).value_or(false);
  }
  return found;
}

Result<DurableMeans> probe_durable_pipe(const std::string& directory) {
  const Fd opened = TEND_TRY(open_directory(directory));
  return TEND_TRY(make_durable_pipe(effective_uid(), opened)).means;
}

}  // namespace

DoctorProbes probe_everything(const std::string& runtime_dir, const std::string& log_dir) {
  DoctorProbes found;
  found.kernel = kernel_words();
  found.pid = own_pid();
  found.uid = effective_uid();
  found.has_no_new_privs = ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  found.spawn = spawn_means().value_or(SpawnMeans{});
  found.pidfd = probe_pidfd();
  found.has_exit_info = probe_exit_info();
  found.close_range = probe_close_range();
  found.mark = probe_mark();
  found.cgroup = probe_cgroup();
  found.proc = probe_proc();
  found.event_loop = probe_event_loop();
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  found.descriptors_soft = limit.rlim_cur;
  found.descriptors_hard = limit.rlim_max;
  found.runtime = probe_directory(runtime_dir);
  found.logs = probe_directory(log_dir);
  found.durable_pipe = probe_durable_pipe(found.runtime.path);
  return found;
}

}  // namespace tend::os
