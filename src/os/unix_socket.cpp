#include "os/unix_socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/try.hpp"

namespace tend::os {

namespace {

struct Address {
  sockaddr_un value{};
  socklen_t length = 0;
};

Result<Address> address_of(const char* step, const std::string& name) {
  if (name.empty() || name.contains('\0')) {
    return refused(step, name, "not a socket address");
  }
  if (name.size() > socket_path_bytes_max) {
    Error error{.step = step, .subject = name, .code = ENAMETOOLONG};
    error.detail = "a socket path is at most " + std::to_string(socket_path_bytes_max) +
                   " bytes long, this one has " + std::to_string(name.size());
    return std::unexpected(std::move(error));
  }
  Address made;
  made.value.sun_family = AF_UNIX;
  std::memcpy(made.value.sun_path, name.data(), name.size());
  made.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (name.front() == '@') {
    made.value.sun_path[0] = '\0';
  } else {
    made.length += 1;  // The NUL at its end.
  }
  return made;
}

const sockaddr* generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address.value);
}

Result<Fd> make_socket(int type, const std::string& name) {
  Fd made(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  if (!made) {
    return failed("socket", name, errno);
  }
  return made;
}

Result<> bind_private(const Fd& socket, const Address& address, const std::string& name) {
  // fchmod on the socket before bind sets the mode of the file that bind makes: no moment in which
  // others could connect, and no umask, which belongs to all threads.
  if (::fchmod(socket.get(), 0600) < 0) {
    return failed("chmod", name, errno);
  }
  if (::bind(socket.get(), generic(address), address.length) < 0) {
    return failed("bind", name, errno);
  }
  return {};
}

Result<std::pair<Fd, Fd>> make_pair(int type) {
  int both[2] = {-1, -1};
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, both) < 0) {
    return failed("socketpair", "", errno);
  }
  return std::pair(Fd(both[0]), Fd(both[1]));
}

}  // namespace

Result<Fd> listen_unix(const std::string& path, int backlog) {
  const Address address = TEND_TRY(address_of("listen", path));
  Fd socket = TEND_TRY(make_socket(SOCK_STREAM | SOCK_NONBLOCK, path));
  TEND_TRY(bind_private(socket, address, path));
  if (::listen(socket.get(), backlog) < 0) {
    return failed("listen", path, errno);
  }
  return socket;
}

Result<std::optional<Fd>> accept_unix(const Fd& listener) {
  while (true) {
    const int number = ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (number >= 0) {
      return Fd(number);
    }
    if (errno == EAGAIN || errno == ECONNABORTED) {
      return std::nullopt;
    }
    if (errno != EINTR) {
      return failed("accept", "descriptor " + std::to_string(listener.get()), errno);
    }
  }
}

Result<Fd> connect_unix(const std::string& path) {
  const Address address = TEND_TRY(address_of("connect", path));
  Fd socket = TEND_TRY(make_socket(SOCK_STREAM, path));
  while (::connect(socket.get(), generic(address), address.length) < 0) {
    if (errno != EINTR) {
      return failed("connect", path, errno);
    }
  }
  return socket;
}

Result<Fd> bind_datagram(const std::string& name) {
  const Address address = TEND_TRY(address_of("bind", name));
  Fd socket = TEND_TRY(make_socket(SOCK_DGRAM | SOCK_NONBLOCK, name));
  TEND_TRY(receive_credentials(socket));
  TEND_TRY(bind_private(socket, address, name));
  return socket;
}

Result<std::pair<Fd, Fd>> packet_pair() { return make_pair(SOCK_SEQPACKET); }

Result<std::pair<Fd, Fd>> stream_pair() { return make_pair(SOCK_STREAM); }

Result<Credentials> peer_of(const Fd& socket) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) {
    return failed("peer", "descriptor " + std::to_string(socket.get()), errno);
  }
  return Credentials{.pid = peer.pid, .uid = peer.uid, .gid = peer.gid};
}

Result<> receive_credentials(const Fd& socket) {
  const int on = 1;
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0) {
    return failed("setsockopt", "descriptor " + std::to_string(socket.get()), errno);
  }
  return {};
}

Result<> send_datagram(const std::string& name, std::string_view bytes,
                       std::span<const Fd* const> descriptors) {
  const Address address = TEND_TRY(address_of("send", name));
  const Fd socket = TEND_TRY(make_socket(SOCK_DGRAM, name));
  while (::connect(socket.get(), generic(address), address.length) < 0) {
    if (errno != EINTR) {
      return failed("connect", name, errno);
    }
  }
  const auto sent = send_message(socket, bytes, descriptors);
  if (!sent) {
    return failed("send", name, sent.error().code);
  }
  return {};
}

}  // namespace tend::os
