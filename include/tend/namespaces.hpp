#pragma once
// Namespaces that are made for a child: its own view of a part of the system (namespaces(7)).

#include <chrono>
#include <cstdint>
#include <set>
#include <vector>

namespace tend {

enum class Namespace : std::uint8_t {
  user,    ///< Ids and capabilities. The one that an ordinary user may make, and then all others.
  pid,     ///< The child is number 1 in there, and its end is the end of all in there.
  mount,   ///< What is mounted in there does not appear outside.
  net,     ///< Devices, addresses, ports: at first only a loopback device that is down.
  uts,     ///< Host name and domain name.
  ipc,     ///< System V IPC and POSIX message queues.
  cgroup,  ///< The child's cgroup looks like the root.
  time,    ///< Monotonic and boot time can be ahead or behind (Linux 5.6).
};

/// `count` ids from `inside` on in a user namespace are those from `outside` on in ours.
struct IdMap {
  std::uint32_t inside = 0;
  std::uint32_t outside = 0;
  std::uint32_t count = 1;

  bool operator==(const IdMap&) const = default;
};

/// Without maps nobody is mapped into a new user namespace: the child is 65534 in there, but has
/// all capabilities until it executes its program. Root maps what it likes. Others may map one id,
/// their own, for users and one for groups; setgroups(2) is then denied in there.
struct Namespaces {
  std::set<Namespace> kinds{};
  std::vector<IdMap> users{};
  std::vector<IdMap> groups{};

  /// What the clocks of a new time namespace are ahead of ours, in whole seconds.
  std::chrono::seconds monotonic_offset{};
  std::chrono::seconds boot_offset{};

  bool operator==(const Namespaces&) const = default;
};

}  // namespace tend
