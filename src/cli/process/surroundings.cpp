#include "cli/process/surroundings.hpp"

#include <tend/inspect/tree.hpp>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/process/look.hpp"
#include "cli/process/process_words.hpp"
#include "os/clock.hpp"
#include "os/local_time.hpp"
#include "os/procfs.hpp"

namespace tend::cli {

namespace {

using inspect::Fields;
using inspect::Process;

/// The process among all others: parent, children, service, job.
void add_family(Surroundings& around, const Process& process, const Look& look) {
  const auto processes = look.snapshot.processes();
  const inspect::Tree tree(processes);
  const auto index = tree.find(process.identity.pid);
  if (!index || processes[*index].identity != process.identity) {
    return;  // It has ended since it was read.
  }
  if (const auto parent = tree.parent(*index)) {
    around.parent = process_title(processes[*parent]);
  }
  for (const std::size_t child : tree.children(*index)) {
    around.children.push_back(process_title(processes[child]));
  }
  if (const ServiceRun* service = look.service_of(*index)) {
    around.service = service->is_own ? text::format("the {} of {}", service->name, service->project)
                                     : text::format("{} of {}, {}", service->name, service->project,
                                                    service->state);
  }
  if (const auto& job = look.jobs[*index]) {
    const Process* run = look.snapshot.find(job->run);
    around.job = text::format("job {} of {}", job->sequence,
                              run == nullptr ? std::to_string(job->run) : process_title(*run));
  }
  around.age = age_of(process, look.snapshot);
  around.cpu = average_cpu(process, look.snapshot);
}

}  // namespace

Outcome<Surroundings> surroundings_of(const Process& process, const Invocation& invocation) {
  const Look look = TEND_TRY(look_at_processes(invocation, {.fields = Fields::none}));
  Surroundings around;
  add_family(around, process, look);
  if (process.status) {
    Users users;
    around.user = users.name_of(process.status->credentials.user.effective);
    around.real_user = users.name_of(process.status->credentials.user.real);
  }
  const RealTime started = os::realtime_now() - (os::boottime_now() - process.started());
  around.started = rfc3339(started, Precision::seconds, os::utc_offset_at(started));
  if (const auto self = read_process(os::own_pid(), Fields::namespaces); self && self->namespaces) {
    around.our_namespaces = *self->namespaces;
  }
  return around;
}

}  // namespace tend::cli
