#pragma once
// What can be asked of a SOCK_SEQPACKET socket (unix(7)), and of a descriptor that may be one.

#include <tend/error.hpp>

#include <cstddef>
#include <optional>

#include "os/fd.hpp"

namespace tend::os {

/// Nothing if the descriptor is a connected packet socket of this machine; else what is wrong.
[[nodiscard]] std::optional<Error> why_no_packet_socket(int number);

/// The longest message that can be sent: the send buffer less what the kernel needs of it.
Result<std::size_t> packet_bytes_max(const Fd& socket);

/// Asks for room for messages of that size. The kernel may grant less (wmem_max, socket(7)).
Result<> set_packet_bytes_max(const Fd& socket, std::size_t bytes);

/// The size of the message that will be received next, 0 also at the end; nothing: none is there.
Result<std::optional<std::size_t>> next_packet_bytes(const Fd& socket);

}  // namespace tend::os
