// A small HTTP server to run under tend: hello_server [PORT]
//
//   GET /        "hello, visitor 42"
//   GET /health  503 while it warms up (its first second), 200 afterwards
//
// One thread, one connection at a time. SIGTERM or SIGINT: the answer in progress is finished, then
// it leaves with exit code 0.

#include <arpa/inet.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto warm_up = std::chrono::seconds{1};
constexpr timeval patience{.tv_sec = 1, .tv_usec = 0};  // A silent client is not waited for longer.

struct Server {
  Clock::time_point started = Clock::now();
  std::uint64_t visitors = 0;
};

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return port;
}

/// The listening socket on 127.0.0.1, or -1 with errno set.
int listen_on(std::uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) {
    return -1;
  }
  // A restarted server wants its port back while old connections still linger (socket(7)).
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  std::memcpy(&generic, &address, sizeof generic);
  if (bind(listener, &generic, sizeof address) != 0 || listen(listener, 64) != 0) {
    return -1;
  }
  return listener;
}

/// What the client asks for: "/health" of "GET /health HTTP/1.1". Nothing, if that is not clear
/// within a kilobyte.
std::optional<std::string> read_path(int client) {
  std::array<char, 1024> buffer{};
  std::string request;
  while (request.size() < buffer.size() && !request.contains("\r\n\r\n")) {
    const ssize_t got = recv(client, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      return std::nullopt;
    }
    request.append(buffer.data(), static_cast<std::size_t>(got));
  }
  constexpr std::string_view method = "GET ";
  const auto end = request.find(' ', method.size());
  if (!request.starts_with(method) || end == std::string::npos) {
    return std::nullopt;
  }
  return request.substr(method.size(), end - method.size());
}

std::string answer(std::string_view status, const std::string& body) {
  return "HTTP/1.1 " + std::string{status} + "\r\nContent-Type: text/plain\r\nConnection: close" +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string answer_to(Server& server, const std::optional<std::string>& path) {
  if (!path) {
    return answer("400 Bad Request", "only GET is understood\n");
  }
  if (*path == "/health") {
    const bool is_warm = Clock::now() - server.started >= warm_up;
    return is_warm ? answer("200 OK", "healthy\n")
                   : answer("503 Service Unavailable", "warming up\n");
  }
  if (*path != "/") {
    return answer("404 Not Found", "there is / and /health\n");
  }
  return answer("200 OK", "hello, visitor " + std::to_string(++server.visitors) + "\n");
}

void serve_one(Server& server, int listener) {
  const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) {
    return;  // The client went away again, which is its right.
  }
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const std::string reply = answer_to(server, read_path(client));
  send(client, reply.data(), reply.size(), MSG_NOSIGNAL);
  close(client);
}

/// SIGTERM and SIGINT as something that can be polled beside a socket (signalfd(2)).
int goodbye_signals() {
  sigset_t goodbye;
  sigemptyset(&goodbye);
  sigaddset(&goodbye, SIGTERM);
  sigaddset(&goodbye, SIGINT);
  sigprocmask(SIG_BLOCK, &goodbye, nullptr);
  return signalfd(-1, &goodbye, SFD_CLOEXEC);
}

}  // namespace

int main(int argc, char** argv) {
  const auto port = parse_port(argc > 1 ? argv[1] : "7070");
  if (!port) {
    std::fprintf(stderr, "hello_server: '%s' is not a port\n", argv[1]);
    return 2;
  }
  const int goodbye = goodbye_signals();
  const int listener = listen_on(*port);
  if (goodbye < 0 || listener < 0) {
    std::fprintf(stderr, "hello_server: port %d: %s\n", int{*port}, std::strerror(errno));
    return 1;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // Whoever reads the log wants each line at once.
  std::printf("listening on http://127.0.0.1:%d, warming up\n", int{*port});

  Server server;
  std::array<pollfd, 2> waiting{{{.fd = goodbye, .events = POLLIN, .revents = 0},
                                 {.fd = listener, .events = POLLIN, .revents = 0}}};
  while (waiting[0].revents == 0) {
    if (poll(waiting.data(), waiting.size(), -1) < 0) {
      return 1;
    }
    if (waiting[1].revents != 0) {
      serve_one(server, listener);
    }
  }
  std::printf("goodbye after %llu visitors\n", static_cast<unsigned long long>(server.visitors));
  return 0;
}
