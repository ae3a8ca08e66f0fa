// Row 16: messages between processes: bytes and open descriptors together, each whole and in order.
// The worker gets a file that it could not open by itself, and the kernel vouches for who sent it.
//
// output:
// parent sends "count this" and a descriptor
// worker <pid:worker> got "count this" from its parent: yes
// parent got "3 lines" from worker <pid:worker>
// and then the end

#include <tend/channel.hpp>
#include <tend/command.hpp>
#include <tend/pipe.hpp>
#include <tend/read_write.hpp>

#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <string>

#include "or_exit.hpp"

namespace {

int work() {
  auto channel = or_exit(tend::Channel::from_descriptor(3));
  while (const auto message = or_exit(channel.receive())) {
    std::printf("worker %d got \"%s\" from its parent: %s\n", ::getpid(), message->bytes.c_str(),
                message->sender.pid == ::getppid() ? "yes" : "no");
    std::fflush(stdout);
    const std::string text = or_exit(tend::read_to_end(message->descriptors.at(0), 1 << 20));
    or_exit(channel.send(std::to_string(std::ranges::count(text, '\n')) + " lines"));
    return 0;
  }
  return 1;
}

}  // namespace

int main(int argc, char** /*argv*/) {
  if (argc > 1) {
    return work();
  }
  auto [ours, theirs] = or_exit(tend::Channel::make_pair());
  auto worker =
      or_exit(tend::Command("/proc/self/exe", {"work"}).descriptor(3, theirs.fd().get()).spawn());
  theirs = {};  // Else its end would never be noticed.

  tend::Pipe text = or_exit(tend::Pipe::make());
  or_exit(tend::write_to(text.write, "one\ntwo\nthree\n"));
  text.write.reset();
  std::puts("parent sends \"count this\" and a descriptor");
  std::fflush(stdout);
  or_exit(ours.send("count this", {text.read}));

  const auto answer = or_exit(ours.receive());
  std::printf("parent got \"%s\" from worker %d\n", answer->bytes.c_str(), answer->sender.pid);
  std::puts(or_exit(ours.receive()) ? "and then more" : "and then the end");
  or_exit(worker.wait());
}
