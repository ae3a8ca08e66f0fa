#include "bench/support/conversation.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "bench/support/contender.hpp"

namespace tend::bench {

// posix_spawn, not libtend: what is measured is not what measures.
Conversation::Conversation(const std::vector<std::string>& command) {
  std::signal(SIGPIPE, SIG_IGN);
  int to[2];
  int from[2];
  if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0) {
    give_up("pipe2");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to[0], 0);
  posix_spawn_file_actions_adddup2(&actions, from[1], 1);
  std::vector<char*> argv;
  for (const std::string& word : command) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  if (posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ) != 0) {
    pid_ = -1;
  }
  posix_spawn_file_actions_destroy(&actions);
  close(to[0]);
  close(from[1]);
  in_ = to[1];
  out_ = from[0];
}

Conversation::Conversation(Conversation&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      in_(std::exchange(other.in_, -1)),
      out_(std::exchange(other.out_, -1)) {}

Conversation::~Conversation() {
  close(in_);
  close(out_);
  if (pid_ > 0) {
    waitpid(pid_, nullptr, 0);
  }
}

std::string Conversation::ask(const std::string& request) {
  const std::string line = request + "\n";
  if (write(in_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    return {};
  }
  std::string answer;
  char byte = 0;
  while (read(out_, &byte, 1) == 1 && byte != '\n') {
    answer += byte;
  }
  return answer;
}

}  // namespace tend::bench
