#pragma once
// Sockets between processes of one machine (unix(7)): streams by path, datagrams by path or
// abstract name, and packet pairs, with descriptors and credentials attached.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "os/fd.hpp"

namespace tend::os {

/// A socket path is at most 107 bytes long (sun_path); longer ones are ENAMETOOLONG.
inline constexpr std::size_t socket_path_bytes_max = 107;

/// At most 253 descriptors travel in one message (SCM_MAX_FD).
inline constexpr std::size_t descriptors_per_message_max = 253;

/// A listening stream socket at the path, mode 0600 from its first instant, non-blocking. The path
/// must be free: whoever owns the directory removes a dead socket first.
Result<Fd> listen_unix(const std::string& path, int backlog = 64);

/// The next connection, non-blocking; nothing when none waits.
Result<std::optional<Fd>> accept_unix(const Fd& listener);

/// A connected stream socket, blocking.
Result<Fd> connect_unix(const std::string& path);

/// A datagram socket bound to a path (mode 0600), or to the abstract name after a leading `@`;
/// non-blocking. Receives the credentials of its senders (SO_PASSCRED).
Result<Fd> bind_datagram(const std::string& address);

/// One datagram to a path or `@abstract` name, from an unnamed socket; with descriptors if given.
Result<> send_datagram(const std::string& address, std::string_view bytes,
                       std::span<const Fd* const> descriptors = {});

/// Two connected SOCK_SEQPACKET sockets: messages keep their bounds. Blocking.
Result<std::pair<Fd, Fd>> packet_pair();

/// The same, SOCK_STREAM.
Result<std::pair<Fd, Fd>> stream_pair();

struct Credentials {
  std::int32_t pid = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

/// Who connected (SO_PEERCRED): as of the connect.
Result<Credentials> peer_of(const Fd& socket);

/// Turns SO_PASSCRED on, so that received messages carry their sender.
Result<> receive_credentials(const Fd& socket);

struct Received {
  std::string bytes{};  ///< Empty and `is_end`: the peer has closed.
  std::vector<Fd> descriptors{};
  std::optional<Credentials> sender{};  ///< With SO_PASSCRED.
  bool is_end = false;
};

/// Sends the bytes, with descriptors attached; how many bytes went (all, for packets). Never raises
/// SIGPIPE. EAGAIN: the socket is full, and it or this call is non-blocking.
Result<std::size_t> send_message(const Fd& socket, std::string_view bytes,
                                 std::span<const Fd* const> descriptors = {},
                                 Blocking blocking = Blocking::yes);

/// One message of at most `bytes_max`. Nothing: none waits, and the socket or this call is
/// non-blocking. Received descriptors are close-on-exec. A message whose bytes did not fit is the
/// error EMSGSIZE, one whose descriptors this process could not open is EMFILE; all its descriptors
/// are closed.
Result<std::optional<Received>> receive_message(const Fd& socket, std::size_t bytes_max,
                                                Blocking blocking = Blocking::yes);

}  // namespace tend::os
