#pragma once
// The notify socket of a service: makes one, and reads from it what the service says and who says
// it. It does not judge whether the sender may say so.

#include <tend/error.hpp>

#include <cstddef>
#include <string>
#include <vector>

#include "os/fd.hpp"
#include "os/unix_socket.hpp"
#include "service/director/notify_message.hpp"

namespace tend::service {

struct BoundNotifySocket {
  os::Fd socket{};        ///< Non-blocking; tells the credentials of senders.
  std::string address{};  ///< For NOTIFY_SOCKET: an abstract name after `@`, at most 107 bytes.
};

/// A socket with a fresh name that nobody can guess: `@tend/PROJECT/<16 hex digits>/SERVICE`, cut
/// at the end.
[[nodiscard]] Result<BoundNotifySocket> bind_notify_socket(const std::string& project,
                                                           const std::string& service);

/// The address of a socket that was inherited.
[[nodiscard]] Result<std::string> notify_address(const os::Fd& socket);

struct Notification {
  NotifyMessage message{};
  os::Credentials sender{};
  /// BARRIER=1 that came with exactly one descriptor: the sender waits until it is closed, which
  /// the end of this value does.
  os::Fd barrier{};
};

struct Notifications {
  /// In the order of sending. Deal with all of them, then let the list go: that ends the barriers.
  std::vector<Notification> list{};
  std::size_t dropped =
      0;  ///< Too long, without a sender, or its descriptors could not be received.
};

/// Up to `datagrams_max` of what waits; descriptors that came along are closed. The 12th unread
/// datagram blocks its sender (net.unix.max_dgram_qlen), so read whenever the socket is readable;
/// the bound is there for the sake of the others.
[[nodiscard]] Result<Notifications> receive_notifications(const os::Fd& socket,
                                                          std::size_t datagrams_max = 64);

}  // namespace tend::service
