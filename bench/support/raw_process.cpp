#include "bench/support/raw_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <vector>

#include "bench/support/contender.hpp"

namespace tend::bench {

namespace {

constexpr std::size_t pipe_bytes = 1UL << 20;

struct PipeEnds {
  int read = -1;
  int write = -1;
};

PipeEnds open_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) {
    give_up("pipe2");
  }
  fcntl(ends[0], F_SETPIPE_SZ, pipe_bytes);
  return {.read = ends[0], .write = ends[1]};
}

/// Memory that grows by doubling and is not cleared first.
class Growing {
 public:
  Growing() = default;
  Growing(const Growing&) = delete;
  Growing& operator=(const Growing&) = delete;
  ~Growing() { std::free(bytes_); }

  /// One read of up to a pipe; what read(2) returned.
  ssize_t read_from(int descriptor) {
    if (room_ - size_ < pipe_bytes) {
      room_ = room_ == 0 ? 2 * pipe_bytes : 2 * room_;
      bytes_ = static_cast<char*>(std::realloc(bytes_, room_));
    }
    const ssize_t count = ::read(descriptor, bytes_ + size_, pipe_bytes);
    size_ += count > 0 ? static_cast<std::size_t>(count) : 0;
    return count;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::size_t room_ = 0;
};

}  // namespace

void execute(char* const* argv, int in, int out) {
  if (in >= 0) {
    dup2(in, 0);
  }
  if (out >= 0) {
    dup2(out, 1);
  }
  execve(argv[0], argv, environ);
  _exit(127);
}

Ways ways_of(const Start& start) {
  return {.spawn = [start](const std::string& program) { spawn_and_wait(start, program); },
          .output = [start](const std::string& program) { return collect_output(start, program); }};
}

void wait_for(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0) {
    give_up("waitpid");
  }
}

void spawn_and_wait(const Start& start, const std::string& program) {
  char* const argv[] = {const_cast<char*>(program.c_str()), nullptr};
  wait_for(start(argv, -1, -1));
}

std::size_t collect_output(const Start& start, const std::string& program,
                           const std::string& argument) {
  const PipeEnds pipe = open_pipe();
  char* const argv[] = {const_cast<char*>(program.c_str()),
                        argument.empty() ? nullptr : const_cast<char*>(argument.c_str()), nullptr};
  const pid_t child = start(argv, -1, pipe.write);
  close(pipe.write);
  Growing output;
  while (output.read_from(pipe.read) > 0) {
  }
  close(pipe.read);
  wait_for(child);
  return output.size();
}

std::size_t send_through_cat(const Start& start, const std::string& input) {
  std::signal(SIGPIPE, SIG_IGN);
  const PipeEnds in = open_pipe();
  const PipeEnds out = open_pipe();
  char* const argv[] = {const_cast<char*>("/bin/cat"), nullptr};
  const pid_t child = start(argv, in.read, out.write);
  close(in.read);
  close(out.write);
  fcntl(in.write, F_SETFL, O_NONBLOCK);
  Growing output;
  std::size_t sent = 0;
  pollfd entries[] = {{.fd = in.write, .events = POLLOUT, .revents = 0},
                      {.fd = out.read, .events = POLLIN, .revents = 0}};
  while (poll(entries, 2, -1) > 0) {
    if (entries[0].revents != 0) {
      const ssize_t count = write(in.write, input.data() + sent, input.size() - sent);
      sent += count > 0 ? static_cast<std::size_t>(count) : 0;
      if (sent == input.size()) {
        close(in.write);
        entries[0].fd = -1;
      }
    }
    if (entries[1].revents != 0 && output.read_from(out.read) == 0) {
      break;
    }
  }
  close(out.read);
  wait_for(child);
  return output.size();
}

}  // namespace tend::bench
