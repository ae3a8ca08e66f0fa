#include "os/socket_name.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace tend::os {

Result<std::string> name_of(const Fd& unix_socket) {
  const std::string subject = "descriptor " + std::to_string(unix_socket.get());
  sockaddr_un address{};
  socklen_t length = sizeof address;
  if (::getsockname(unix_socket.get(), reinterpret_cast<sockaddr*>(&address), &length) < 0) {
    return failed("getsockname", subject, errno);
  }
  if (address.sun_family != AF_UNIX) {
    return refused("getsockname", subject, "not a unix socket");
  }
  constexpr std::size_t front = offsetof(sockaddr_un, sun_path);
  if (length <= front) {
    return std::string();
  }
  // A path of 108 bytes has no NUL at its end: the kernel then says 111 bytes (unix(7), BUGS).
  const std::size_t room = std::min<std::size_t>(length - front, sizeof address.sun_path);
  if (address.sun_path[0] == '\0') {
    return "@" + std::string(address.sun_path + 1, room - 1);
  }
  return std::string(address.sun_path, ::strnlen(address.sun_path, room));
}

}  // namespace tend::os
