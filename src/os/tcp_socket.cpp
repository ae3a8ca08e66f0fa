#include "os/tcp_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace tend::os {

namespace {

struct Address {
  sockaddr_storage value{};
  socklen_t length = 0;
};

template <typename T>
Address address_from(const T& value) {
  Address made;
  std::memcpy(&made.value, &value, sizeof value);
  made.length = sizeof value;
  return made;
}

std::optional<Address> address_of(const std::string& ip, std::uint16_t port) {
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  if (::inet_pton(AF_INET, ip.c_str(), &four.sin_addr) == 1) {
    return address_from(four);
  }
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  if (::inet_pton(AF_INET6, ip.c_str(), &six.sin6_addr) == 1) {
    return address_from(six);
  }
  return std::nullopt;
}

/// Where nobody listens on a port of the ephemeral range, the kernel may give that very port to the
/// connecting socket, which then meets itself (a simultaneous open, RFC 9293, 3.5). That is
/// nobody's answer.
bool is_connected_to_itself(const Fd& socket, const Address& remote) {
  Address local;
  local.length = sizeof local.value;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&local.value), &local.length) < 0 ||
      local.value.ss_family != remote.value.ss_family) {
    return false;
  }
  if (local.value.ss_family == AF_INET) {
    sockaddr_in here{};
    sockaddr_in there{};
    std::memcpy(&here, &local.value, sizeof here);
    std::memcpy(&there, &remote.value, sizeof there);
    return here.sin_port == there.sin_port && here.sin_addr.s_addr == there.sin_addr.s_addr;
  }
  sockaddr_in6 here{};
  sockaddr_in6 there{};
  std::memcpy(&here, &local.value, sizeof here);
  std::memcpy(&there, &remote.value, sizeof there);
  return here.sin6_port == there.sin6_port &&
         std::memcmp(&here.sin6_addr, &there.sin6_addr, sizeof here.sin6_addr) == 0;
}

/// Closing sends a reset and leaves no TIME_WAIT, which would keep the service from its port.
void abandon_on_close(const Fd& socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

std::string endpoint_text(const std::string& ip, std::uint16_t port) {
  const std::string host = ip.contains(':') ? "[" + ip + "]" : ip;
  return host + ":" + std::to_string(port);
}

Result<Fd> start_connecting(const std::string& ip, std::uint16_t port) {
  const std::string subject = endpoint_text(ip, port);
  const auto address = address_of(ip, port);
  if (!address || port == 0) {
    return refused("connect", subject, "not an IP address and port");
  }
  Fd socket(::socket(address->value.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) {
    return failed("socket", subject, errno);
  }
  // EINTR: it goes on all the same, as with EINPROGRESS (connect(2)).
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address->value), address->length) <
          0 &&
      errno != EINPROGRESS && errno != EINTR) {
    return failed("connect", subject, errno);
  }
  if (is_connected_to_itself(socket, *address)) {
    abandon_on_close(socket);
    return failed("connect", subject, ECONNREFUSED);
  }
  return socket;
}

Result<> finish_connecting(const Fd& socket, const std::string& ip, std::uint16_t port) {
  int code = 0;
  socklen_t length = sizeof code;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &code, &length) < 0) {
    code = errno;
  }
  if (code != 0) {
    return failed("connect", endpoint_text(ip, port), code);
  }
  return {};
}

}  // namespace tend::os
