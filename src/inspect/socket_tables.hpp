#pragma once
// The sockets of network namespaces, by inode number: /proc/PID/net/tcp and its kin, read once for
// each namespace that is met; and, in our own, which unix socket is connected to which.

#include <tend/inspect/descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>

#include "os/proc_folder.hpp"

namespace tend::inspect {

class SocketTables {
 public:
  /// Fills in what the namespace of this process says of its sockets. Those that it has no entry
  /// for, such as ones that are not bound yet, keep only the inode number.
  void describe(const os::ProcFolder& process, Descriptors& descriptors);

 private:
  using Table = std::unordered_map<std::uint64_t, Socket>;

  const Table& table_of(const os::ProcFolder& process);

  /// Fills in the peers of unix sockets, which must be those of our own namespace.
  static void connect(Table& table);

  std::map<std::uint64_t, Table> by_namespace_{};
};

/// The most sockets of one namespace that are kept.
inline constexpr std::size_t sockets_max = 1'000'000;

}  // namespace tend::inspect
