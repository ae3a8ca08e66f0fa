#pragma once
// Which unix socket is connected to which, as the kernel's socket diagnosis tells it (sock_diag(7),
// Linux 3.3).

#include <tend/error.hpp>

#include <cstdint>
#include <unordered_map>

namespace tend::os {

/// The inode number of each connected unix socket of our network namespace, with that of the socket
/// it sends to. Of a stream that is its other end; many datagram sockets may send to the same one.
///
/// Errors: ENOENT or EPROTONOSUPPORT where the kernel has no such diagnosis; EPERM of a sandbox.
Result<std::unordered_map<std::uint64_t, std::uint64_t>> unix_peers();

}  // namespace tend::os
