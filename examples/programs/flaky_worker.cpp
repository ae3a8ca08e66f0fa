// A worker that crashes now and then, to watch tend bring it back: flaky_worker [PORT] [SEED]
//
// Twice a second it fetches http://127.0.0.1:PORT/ and prints the answer. About every twentieth
// time it ends instead: with exit code 3, with SIGABRT, or with SIGSEGV. The same SEED crashes at
// the same moments; each restart (TEND_RUN tells them apart) has moments of its own.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace {

constexpr timespec pause_between_fetches{.tv_sec = 0, .tv_nsec = 500'000'000};
constexpr timeval patience{.tv_sec = 1, .tv_usec = 0};
constexpr int fetches_per_crash = 20;

template <typename Number>
std::optional<Number> parse(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

/// A connection to the server on this machine, or -1 with errno set.
int connect_to(std::uint16_t port) {
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (server < 0) {
    return -1;
  }
  setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  std::memcpy(&generic, &address, sizeof generic);
  if (connect(server, &generic, sizeof address) == 0) {
    return server;
  }
  close(server);
  return -1;
}

/// The first line of the page, or why there is none.
std::string fetch(std::uint16_t port) {
  const int server = connect_to(port);
  if (server < 0) {
    return std::string{"no answer: "} + std::strerror(errno);
  }
  constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  send(server, request.data(), request.size(), MSG_NOSIGNAL);
  std::string reply;
  std::array<char, 512> buffer{};
  for (ssize_t got = 0; (got = recv(server, buffer.data(), buffer.size(), 0)) > 0;) {
    reply.append(buffer.data(), static_cast<std::size_t>(got));
  }
  close(server);
  const auto body = reply.find("\r\n\r\n");
  if (body == std::string::npos) {
    return "no answer: the server hung up";
  }
  return reply.substr(body + 4, reply.find('\n', body + 4) - body - 4);
}

/// Ends this process, in one of the ways in which programs end when nobody wanted it.
[[noreturn]] void crash(int way) {
  if (way == 0) {
    std::puts("something is wrong: leaving with exit code 3");
    std::exit(3);
  }
  std::puts(way == 1 ? "something is very wrong: abort" : "and now for a segmentation fault");
  std::raise(way == 1 ? SIGABRT : SIGSEGV);
  std::abort();
}

/// The same for each start of the same run, another one for each restart.
std::mt19937 random_of(std::uint32_t seed) {
  const char* run = std::getenv("TEND_RUN");
  std::seed_seq sources{seed, static_cast<std::uint32_t>(std::hash<std::string>{}(run ? run : ""))};
  return std::mt19937{sources};
}

}  // namespace

int main(int argc, char** argv) {
  const auto port = parse<std::uint16_t>(argc > 1 ? argv[1] : "7070");
  const auto seed = parse<std::uint32_t>(argc > 2 ? argv[2] : "1");
  if (!port || !seed) {
    std::fputs("usage: flaky_worker [PORT] [SEED]\n", stderr);
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::mt19937 random = random_of(*seed);
  std::uniform_int_distribution<int> crash_die{1, fetches_per_crash};
  std::uniform_int_distribution<int> way_die{0, 2};

  // Blocked signals are waited for instead of handled: no code ever runs in between (sigwait(3)).
  sigset_t goodbye;
  sigemptyset(&goodbye);
  sigaddset(&goodbye, SIGTERM);
  sigaddset(&goodbye, SIGINT);
  sigprocmask(SIG_BLOCK, &goodbye, nullptr);

  std::printf("at work with seed %u\n", *seed);
  while (sigtimedwait(&goodbye, nullptr, &pause_between_fetches) < 0) {
    std::printf("the server says: %s\n", fetch(*port).c_str());
    if (crash_die(random) == 1) {
      crash(way_die(random));
    }
  }
  std::puts("told to stop, leaving");
  return 0;
}
