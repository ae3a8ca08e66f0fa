#include "inspect/family.hpp"

#include <algorithm>
#include <optional>

#include "inspect/parentage.hpp"

namespace tend::inspect {

namespace {

class Settling {
 public:
  Settling(const os::ProcFolder& proc, ProcessReader& reader, std::vector<Process>& processes,
           std::uint64_t began_ticks)
      : proc_(proc), reader_(reader), processes_(processes), began_ticks_(began_ticks) {}

  void settle(Process& child) {
    // A parent that died while all others were read leaves its children to another one: so their
    // parent is asked for again, until it is one that we have, or nothing changes any more.
    constexpr int attempts = 3;
    for (int attempt = 0; attempt < attempts && child.parent.pid > 0; ++attempt) {
      const Process* parent = find(child.parent.pid);
      if (parent != nullptr && is_parent(*parent, child)) {
        child.parent.start_ticks = parent->identity.start_ticks;
        return;
      }
      const auto now = basics_of(child.identity);
      if (!now || now->parent.pid == child.parent.pid) {
        return;
      }
      child.parent = now->parent;
    }
  }

 private:
  [[nodiscard]] const Process* find(std::int32_t pid) const {
    const auto at = std::ranges::lower_bound(
        processes_, pid, {}, [](const Process& process) { return process.identity.pid; });
    return at == processes_.end() || at->identity.pid != pid ? nullptr : &*at;
  }

  /// What the process says now, if it is still that one.
  [[nodiscard]] std::optional<Process> basics_of(const Identity& identity) {
    auto open = reader_.open(proc_, identity.pid);
    if (!open || open->process.identity != identity) {
      return std::nullopt;
    }
    return std::move(open->process);
  }

  [[nodiscard]] bool is_parent(const Process& parent, const Process& child) {
    switch (parentage_of(child, parent, began_ticks_)) {
      case Parentage::certain: return true;
      case Parentage::impossible: return false;
      case Parentage::if_still_there: return basics_of(parent.identity).has_value();
      case Parentage::if_repeated: return is_repeated(parent, child);
    }
    return false;
  }

  /// Through the folder of the parent, which stays with it: what is there before and after the
  /// child was there meanwhile.
  [[nodiscard]] bool is_repeated(const Process& parent, const Process& child) {
    const auto open = reader_.open(proc_, parent.identity.pid);
    if (!open || open->process.identity != parent.identity) {
      return false;
    }
    const auto now = basics_of(child.identity);
    return now && now->parent.pid == parent.identity.pid &&
           reader_.basics(open->folder).has_value();
  }

  const os::ProcFolder& proc_;
  ProcessReader& reader_;
  std::vector<Process>& processes_;
  std::uint64_t began_ticks_;
};

}  // namespace

void settle_parents(const os::ProcFolder& proc, ProcessReader& reader,
                    std::vector<Process>& processes, std::chrono::nanoseconds began) {
  const auto ticks = static_cast<std::uint64_t>(began / time_of_ticks(1));
  Settling settling(proc, reader, processes, ticks);
  for (Process& process : processes) {
    settling.settle(process);
  }
}

}  // namespace tend::inspect
