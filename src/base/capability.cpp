#include <tend/capability.hpp>

#include <array>
#include <cstddef>

#include "base/number.hpp"

namespace tend {

namespace {

struct Entry {
  std::string_view name;  ///< Without CAP_.
  std::string_view meaning;
};

/// By number, as in <linux/capability.h> of Linux 5.9 and later.
constexpr std::array<Entry, 41> table{{
    {"CHOWN", "change the owner of any file"},
    {"DAC_OVERRIDE", "read, write and execute files whatever their permissions"},
    {"DAC_READ_SEARCH", "read files and search directories whatever their permissions"},
    {"FOWNER", "act as the owner of any file"},
    {"FSETID", "keep set-user-ID and set-group-ID bits when a file changes"},
    {"KILL", "signal processes of other users"},
    {"SETGID", "change group ids"},
    {"SETUID", "change user ids"},
    {"SETPCAP", "hand on and drop capabilities"},
    {"LINUX_IMMUTABLE", "set the immutable and append-only attributes of files"},
    {"NET_BIND_SERVICE", "listen on ports below 1024"},
    {"NET_BROADCAST", "broadcast and listen to multicasts (unused)"},
    {"NET_ADMIN", "configure networks, firewalls and routes"},
    {"NET_RAW", "use raw and packet sockets"},
    {"IPC_LOCK", "lock memory"},
    {"IPC_OWNER", "use System V IPC objects whatever their permissions"},
    {"SYS_MODULE", "load and unload kernel modules"},
    {"SYS_RAWIO", "access I/O ports and raw devices"},
    {"SYS_CHROOT", "chroot and join mount namespaces"},
    {"SYS_PTRACE", "trace and inspect any process"},
    {"SYS_PACCT", "switch process accounting"},
    {"SYS_ADMIN", "administer the system: mounts, namespaces, quotas and much more"},
    {"SYS_BOOT", "reboot and load a new kernel"},
    {"SYS_NICE", "raise priorities and set scheduling and affinity of any process"},
    {"SYS_RESOURCE", "exceed limits and quotas"},
    {"SYS_TIME", "set the clocks"},
    {"SYS_TTY_CONFIG", "configure terminals and hang them up"},
    {"MKNOD", "make device files"},
    {"LEASE", "take leases on any file"},
    {"AUDIT_WRITE", "write to the audit log"},
    {"AUDIT_CONTROL", "configure auditing"},
    {"SETFCAP", "set capabilities of files"},
    {"MAC_OVERRIDE", "override mandatory access control"},
    {"MAC_ADMIN", "configure mandatory access control"},
    {"SYSLOG", "read and clear the kernel's messages"},
    {"WAKE_ALARM", "set timers that wake the machine"},
    {"BLOCK_SUSPEND", "keep the machine from suspending"},
    {"AUDIT_READ", "read the audit log"},
    {"PERFMON", "use performance monitoring"},
    {"BPF", "load BPF programs"},
    {"CHECKPOINT_RESTORE", "checkpoint and restore processes"},
}};

constexpr std::string_view prefix = "CAP_";

std::string upper(std::string_view text) {
  std::string made(text);
  for (char& letter : made) {
    if (letter >= 'a' && letter <= 'z') {
      letter = static_cast<char>(letter - 'a' + 'A');
    }
  }
  return made;
}

bool has_entry(int number) {
  return number >= 0 && static_cast<std::size_t>(number) < table.size();
}

}  // namespace

std::string capability_name(int number) {
  return std::string(prefix) + (has_entry(number)
                                    ? std::string(table[static_cast<std::size_t>(number)].name)
                                    : std::to_string(number));
}

std::optional<int> capability_number(std::string_view name) {
  const std::string whole = upper(name);
  std::string_view word = whole;
  if (word.starts_with(prefix)) {
    word.remove_prefix(prefix.size());
  }
  for (std::size_t number = 0; number < table.size(); ++number) {
    if (table[number].name == word) {
      return static_cast<int>(number);
    }
  }
  const auto number = parse_integer<int>(word);
  return number && *number >= 0 && *number < 64 ? number : std::nullopt;
}

std::string_view capability_meaning(int number) {
  return has_entry(number) ? table[static_cast<std::size_t>(number)].meaning : std::string_view{};
}

std::vector<std::string> CapabilitySet::names() const {
  std::vector<std::string> names;
  for (int number = 0; number < 64; ++number) {
    if (contains(number)) {
      names.push_back(capability_name(number));
    }
  }
  return names;
}

}  // namespace tend
