#include "os/raw/child_identity.hpp"

#include <asm/unistd.h>
#include <linux/prctl.h>

#include "os/raw/child_report.hpp"
#include "os/raw/kernel.hpp"
#include "os/raw/syscall.hpp"

namespace tend::os::raw {

namespace {

bool is_kept(const ChildInput& input, int capability) noexcept {
  return (input.capabilities >> capability & 1U) != 0;
}

/// From the first to the last that this kernel knows (PR_CAPBSET_READ, capabilities(7)).
bool reduce_bounding_set(const ChildInput& input) noexcept {
  for (int capability = 0; capability < capability_count; ++capability) {
    const long has = syscall(__NR_prctl, PR_CAPBSET_READ, capability, 0, 0, 0);
    if (has < 0) {
      break;
    }
    if (has == 0 || is_kept(input, capability)) {
      continue;
    }
    if (!is_done(input.slot, SpawnStep::bounding_set,
                 syscall(__NR_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0),
                 static_cast<std::uint32_t>(capability))) {
      return false;
    }
  }
  return true;
}

bool set_ids(const ChildInput& input) noexcept {
  return (!input.has_groups || is_done(input.slot, SpawnStep::groups,
                                       syscall(__NR_setgroups, input.group_count, input.groups))) &&
         (!input.has_gid || is_done(input.slot, SpawnStep::gid,
                                    syscall(__NR_setresgid, input.gid, input.gid, input.gid))) &&
         (!input.has_uid || is_done(input.slot, SpawnStep::uid,
                                    syscall(__NR_setresuid, input.uid, input.uid, input.uid)));
}

/// Permitted, effective and inheritable set.
bool set_capabilities(const ChildInput& input) noexcept {
  const CapabilityHeader header = {.version = capability_version_3, .pid = 0};
  const auto low = static_cast<std::uint32_t>(input.capabilities);
  const auto high = static_cast<std::uint32_t>(input.capabilities >> 32U);
  const CapabilityWords words[2] = {{.effective = low, .permitted = low, .inheritable = low},
                                    {.effective = high, .permitted = high, .inheritable = high}};
  return is_done(input.slot, SpawnStep::capabilities, syscall(__NR_capset, &header, &words[0]));
}

/// What an exec by an ordinary user leaves (Linux 4.3).
bool set_ambient(const ChildInput& input) noexcept {
  syscall(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int capability = 0; capability < capability_count; ++capability) {
    if (is_kept(input, capability) &&
        !is_done(input.slot, SpawnStep::ambient_set,
                 syscall(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0),
                 static_cast<std::uint32_t>(capability))) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool set_identity(const ChildInput& input) noexcept {
  if (!input.has_capabilities) {
    return set_ids(input);
  }
  // The bounding set while the right to change it (CAP_SETPCAP) is there; the permitted set is to
  // survive the change of the uid, and is cut afterwards. exec clears the flag again.
  return reduce_bounding_set(input) &&
         is_done(input.slot, SpawnStep::capabilities,
                 syscall(__NR_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0)) &&
         set_ids(input) && set_capabilities(input) && set_ambient(input);
}

}  // namespace tend::os::raw
