// pool_worker [READY_DESCRIPTOR] [deaf]: a server on the listening socket that it was born with. It
// answers each line of a connection: `who` with its pid, LISTEN_FDS, LISTEN_PID and TEND_WORKER;
// `exit N` by ending, `hang` by stopping itself. SIGTERM: it ends with 0, or ignores it if deaf.

#include <sys/socket.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "-" : value;
}

void end(int /*signal*/) { ::_exit(0); }

std::string read_line(int connection) {
  std::string line;
  char byte = 0;
  while (::read(connection, &byte, 1) == 1 && byte != '\n') {
    line += byte;
  }
  return line;
}

void answer(int connection) {
  const std::string line = read_line(connection);
  if (line.starts_with("exit ")) {
    ::_exit(std::atoi(line.c_str() + 5));
  }
  if (line == "hang") {
    ::raise(SIGSTOP);
  }
  const std::string text = std::to_string(::getpid()) + " " + variable("LISTEN_FDS") + " " +
                           variable("LISTEN_PID") + " " + variable("TEND_WORKER") + "\n";
  static_cast<void>(!::write(connection, text.data(), text.size()));
}

}  // namespace

int main(int argc, char** argv) {
  const bool is_deaf = argc > 2 && std::strcmp(argv[2], "deaf") == 0;
  std::signal(SIGTERM, is_deaf ? SIG_IGN : end);
  if (argc > 1 && ::write(std::atoi(argv[1]), "\n", 1) != 1) {
    return 2;
  }
  while (true) {
    const int connection = ::accept4(3, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) {
      answer(connection);
      ::close(connection);
    }
  }
}
