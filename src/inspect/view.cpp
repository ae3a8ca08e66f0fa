// View of snapshot.hpp: how /proc is mounted, and in whose pid namespace.

#include <tend/inspect/snapshot.hpp>

#include "base/try.hpp"
#include "inspect/status_text.hpp"
#include "inspect/view_reader.hpp"
#include "inspect/view_text.hpp"

namespace tend::inspect {

std::string View::note() const {
  std::string text;
  if (hiding == Hiding::existence) {
    text = "/proc is mounted with hidepid: processes of others are not shown";
  } else if (hiding == Hiding::contents) {
    text = "/proc is mounted with hidepid: nothing of the processes of others can be read";
  }
  if (!is_own_namespace) {
    text += text.empty() ? "" : "; ";
    text += "/proc belongs to another pid namespace: its pids are not those of system calls here";
  }
  return text;
}

View read_view(const os::ProcFolder& proc) {
  os::ReadBuffer buffer;
  const auto own = proc.read("self/status", buffer);
  if (!own) {
    // Only a reader that does not exist in the namespace of this /proc has no folder in it.
    return View{.is_own_namespace = false};
  }
  const Status self = parse_status(*own);
  auto mounts = proc.lines("self/mountinfo");
  HidingRule rule;
  while (mounts) {
    const auto line = mounts->next();
    if (!line) {
      break;
    }
    if (line->contains(" /proc ")) {
      rule = parse_hiding(*line);
    }
  }
  return view_of(rule, self);
}

Result<View> proc_view() { return read_view(TEND_TRY(os::ProcFolder::open_root())); }

}  // namespace tend::inspect
