#include "os/tcp_socket.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace tend::os {
namespace {

constexpr int skipped = 77;

TEST(TcpSocket, endpoints_are_written_as_in_a_url) {
  EXPECT_EQ(endpoint_text("127.0.0.1", 80), "127.0.0.1:80");
  EXPECT_EQ(endpoint_text("::1", 65535), "[::1]:65535");
}

TEST(TcpSocket, only_addresses_are_connected_to) {
  for (const char* host : {"", "localhost", "127.0.0.1:80", "1.2.3", "::1%lo", "256.0.0.1"}) {
    const auto connecting = start_connecting(host, 80);
    ASSERT_FALSE(connecting) << host;
    EXPECT_THAT(connecting.error().message(), testing::HasSubstr("not an IP address"));
  }
  EXPECT_FALSE(start_connecting("127.0.0.1", 0));
}

/// A network of our own with two ephemeral ports; false where we may not make one.
bool make_small_network() {
  if (::unshare(CLONE_NEWNET) < 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
    return false;
  }
  const Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq loopback{};
  std::string("lo").copy(loopback.ifr_name, sizeof loopback.ifr_name - 1);
  loopback.ifr_flags = IFF_UP;
  const Fd range(::open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC));
  return ::ioctl(any.get(), SIOCSIFFLAGS, &loopback) == 0 &&
         ::write(range.get(), "40000 40001", 11) == 11;
}

bool is_established(const Fd& socket) {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  return ::getpeername(socket.get(), reinterpret_cast<sockaddr*>(&peer), &length) == 0;
}

TEST(TcpSocket, a_connection_to_itself_is_nobodys_answer) {
  // Where nobody listens on a port of the ephemeral range, the kernel may choose that very port for
  // our end: with two ports to choose from it soon does.
  const pid_t child = ::fork();
  if (child == 0) {
    if (!make_small_network()) {
      ::_exit(skipped);
    }
    for (int attempt = 0; attempt < 200; ++attempt) {
      const auto port = static_cast<std::uint16_t>(40'000 + attempt % 2);
      const auto socket = start_connecting("127.0.0.1", port);
      if (socket && is_established(*socket)) {
        ::_exit(1);
      }
      const int code = socket ? ECONNREFUSED : socket.error().code;
      if (code != ECONNREFUSED && code != EADDRNOTAVAIL) {
        ::_exit(2);
      }
    }
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == skipped) {
    GTEST_SKIP() << "no network namespace can be made here";
  }
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace tend::os
