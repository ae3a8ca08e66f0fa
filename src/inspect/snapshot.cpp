#include <tend/inspect/snapshot.hpp>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "base/try.hpp"
#include "inspect/family.hpp"
#include "inspect/process_reader.hpp"
#include "inspect/sieve.hpp"
#include "inspect/view_reader.hpp"
#include "os/clock.hpp"

namespace tend::inspect {

namespace {

constexpr std::size_t processes_max = std::size_t{1} << 22U;  // pid_max of the kernel.

std::unexpected<Error> unreadable_process(std::int32_t pid, int code) {
  return failed("read", "process " + std::to_string(pid), os::is_gone(code) ? ESRCH : code);
}

double share(std::chrono::nanoseconds used, std::chrono::nanoseconds time) {
  return time.count() > 0 && used.count() > 0
             ? static_cast<double>(used.count()) / static_cast<double>(time.count())
             : 0.0;
}

}  // namespace

Result<Snapshot> Snapshot::take(const SnapshotOptions& options) {
  const auto proc = TEND_TRY(os::ProcFolder::open_root());
  Snapshot snapshot;
  snapshot.view_ = read_view(proc);
  snapshot.taken_ = os::boottime_now();
  const auto pids = proc.numbers(processes_max);
  if (!pids) {
    return failed("list", "/proc", pids.error());
  }
  ProcessReader reader(options.fields);
  Sieve sieve(options.filter, snapshot.view_, proc, reader);
  if (options.filter.is_empty()) {
    snapshot.processes_.reserve(pids->size());
  }
  for (const std::int32_t pid : *pids) {
    if (!sieve.may_pass(pid)) {
      continue;
    }
    auto open = reader.open(proc, pid);
    if (open && sieve.passes(*open)) {
      reader.fill(*open);
      snapshot.processes_.push_back(std::move(open->process));
    } else if (!open && os::is_gone(open.error())) {
      ++snapshot.vanished_;
    } else if (!open && (open.error() == EACCES || open.error() == EPERM)) {
      ++snapshot.unreadable_;
    } else if (!open) {
      return unreadable_process(pid, open.error());
    }
  }
  settle_parents(proc, reader, snapshot.processes_, snapshot.taken_);
  return snapshot;
}

const Process* Snapshot::find(std::int32_t pid) const {
  const auto at = std::ranges::lower_bound(
      processes_, pid, {}, [](const Process& process) { return process.identity.pid; });
  return at == processes_.end() || at->identity.pid != pid ? nullptr : &*at;
}

const Process* Snapshot::find(const Identity& identity) const {
  const Process* found = find(identity.pid);
  return found != nullptr && found->identity == identity ? found : nullptr;
}

Result<Process> read_process(std::int32_t pid, Fields fields) {
  const auto proc = TEND_TRY(os::ProcFolder::open_root());
  ProcessReader reader(fields);
  auto open = reader.open(proc, pid);
  if (!open) {
    return unreadable_process(pid, open.error());
  }
  // The folder of a thread is there too, though it is not listed.
  reader.fill(*open);
  return std::move(open->process);
}

Result<Process> read_process(const Identity& identity, Fields fields) {
  Process process = TEND_TRY(read_process(identity.pid, fields));
  if (process.identity != identity) {
    return unreadable_process(identity.pid, ESRCH);
  }
  return process;
}

std::chrono::nanoseconds age_of(const Process& process, const Snapshot& at) {
  return std::max(at.taken() - process.started(), std::chrono::nanoseconds(0));
}

double average_cpu(const Process& process, const Snapshot& at) {
  return share(process.cpu_time(), age_of(process, at));
}

double recent_cpu(const Process& process, const Snapshot& earlier, const Snapshot& later) {
  const Process* before = earlier.find(process.identity);
  if (before == nullptr) {
    return average_cpu(process, later);
  }
  return share(process.cpu_time() - before->cpu_time(), later.taken() - earlier.taken());
}

}  // namespace tend::inspect
