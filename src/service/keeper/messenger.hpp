#pragma once
// Messages with a descriptor attached, over a non-blocking SOCK_SEQPACKET pair, by raw calls.

#include "service/keeper/keeper_protocol.hpp"

namespace tend::service::keeper {

struct Received {
  /// Bytes of the message; 0 when the other side is gone; -errno (-EAGAIN: nothing there).
  long result = 0;
  Message message{};
  int fd = -1;  ///< The attached descriptor, close-on-exec, owned by the receiver; -1 if none.
};

/// 0 or -errno (-EAGAIN: the other side is behind). `fd` -1 attaches nothing; it stays the
/// caller's.
long send_message(int socket, const Message& message, int fd) noexcept;

Received receive_message(int socket) noexcept;

}  // namespace tend::service::keeper
