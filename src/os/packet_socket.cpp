#include "os/packet_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>

#include "base/try.hpp"

namespace tend::os {

namespace {

/// unix_dgram_sendmsg() of the kernel refuses what is longer than the send buffer less this.
constexpr std::size_t kernel_share_bytes = 32;

std::string subject(int number) { return "descriptor " + std::to_string(number); }

Result<int> option_of(int socket, int name) {
  int value = 0;
  socklen_t length = sizeof value;
  if (::getsockopt(socket, SOL_SOCKET, name, &value, &length) < 0) {
    return failed("open", subject(socket), errno);
  }
  return value;
}

Error wrong(int number, const char* why) {
  return {.step = "open", .subject = subject(number), .detail = why};
}

}  // namespace

std::optional<Error> why_no_packet_socket(int number) {
  const auto domain = option_of(number, SO_DOMAIN);
  if (!domain) {
    return domain.error();
  }
  const auto type = option_of(number, SO_TYPE);
  if (*domain != AF_UNIX || !type || *type != SOCK_SEQPACKET) {
    return wrong(number, "a socket, but not one that carries messages (AF_UNIX, SOCK_SEQPACKET)");
  }
  sockaddr_un peer{};
  socklen_t length = sizeof peer;
  // A peer that has closed is still a peer.
  if (::getpeername(number, reinterpret_cast<sockaddr*>(&peer), &length) < 0 && errno == ENOTCONN &&
      option_of(number, SO_ACCEPTCONN).value_or(0) != 0) {
    return wrong(number, "a socket that listens, not one end of a channel");
  }
  return std::nullopt;
}

Result<std::size_t> packet_bytes_max(const Fd& socket) {
  const auto bytes = static_cast<std::size_t>(TEND_TRY(option_of(socket.get(), SO_SNDBUF)));
  return bytes - std::min(bytes, kernel_share_bytes);
}

Result<> set_packet_bytes_max(const Fd& socket, std::size_t bytes) {
  constexpr std::size_t most = std::numeric_limits<int>::max() / 2;
  // The kernel doubles the number, for its own bookkeeping.
  const int half = static_cast<int>(std::min(bytes + kernel_share_bytes, most) / 2 + 1);
  // With CAP_NET_ADMIN beyond wmem_max, else up to it.
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUFFORCE, &half, sizeof half) < 0 &&
      ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &half, sizeof half) < 0) {
    return failed("resize", subject(socket.get()), errno);
  }
  return {};
}

Result<std::optional<std::size_t>> next_packet_bytes(const Fd& socket) {
  while (true) {
    const ssize_t bytes = ::recv(socket.get(), nullptr, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
    if (bytes >= 0) {
      return static_cast<std::size_t>(bytes);
    }
    if (errno == EAGAIN) {
      return std::nullopt;
    }
    // ECONNRESET, told once: the peer has closed without reading all that we sent. What it sent
    // itself before that can still be read.
    if (errno != EINTR && errno != ECONNRESET) {
      return failed("receive", subject(socket.get()), errno);
    }
  }
}

}  // namespace tend::os
