// What the director does: starts its arguments as a child of its own parent, with the slot in a
// mapped file, and tells on stdout `PID COMPLETED STEP ERROR`. With BESIDE_DIE=1 it kills itself
// right after the start. With BESIDE_MANY=N it starts N at once, waits until all have executed, and
// tells how many, and whether a child may have the first place again. build: libtend

#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "os/child_place.hpp"
#include "os/child_stack.hpp"
#include "os/environment.hpp"
#include "os/poll.hpp"
#include "os/spawn.hpp"

namespace {

using namespace tend::os;

int start_many(const SpawnOptions& options, int count) {
  const auto first = free_child_place();
  std::vector<SharedSlot> slots;
  std::vector<Started> all;
  for (int number = 0; number < count; ++number) {
    slots.push_back(SharedSlot::make().value());
    all.push_back(start_beside_us(options, *slots.back(), 42).value());
  }
  int executed = 0;
  for (std::size_t index = 0; index < all.size(); ++index) {
    PollEntry entry{.fd = &all[index].completion};
    const auto completed = poll_any(std::span(&entry, 1), std::nullopt);
    executed += completed && *completed && !failure_in(*slots[index], options) ? 1 : 0;
  }
  std::printf("%d executed, %s\n", executed,
              free_child_place() == first ? "the first place is free" : "no place is free");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  SpawnOptions options;
  options.program = argc > 1 ? argv[1] : "";
  options.arguments.assign(argv + 1, argv + argc);
  options.environment = own_environment();
  options.descriptors = {{0, 0}, {1, 1}, {2, 2}};
  options.session = raw::SessionKind::new_session;
  options.parent_death_signal = std::getenv("BESIDE_BIND") != nullptr ? SIGKILL : 0;
  if (const char* many = std::getenv("BESIDE_MANY")) {
    return start_many(options, std::atoi(many));
  }
  auto slot = SharedSlot::make();
  if (!slot) {
    return 1;
  }
  auto started = start_beside_us(options, **slot, 42);
  if (std::getenv("BESIDE_DIE") != nullptr) {
    ::kill(::getpid(), SIGKILL);
  }
  if (!started) {
    std::printf("error %s\n", started.error().message().c_str());
    return 1;
  }
  PollEntry entry{.fd = &started->completion};
  const auto completed = poll_any(std::span(&entry, 1), std::nullopt);
  const auto failure = failure_in(**slot, options);
  std::printf("%d %d %u %d %s\n", started->pid, (*slot)->pid, (*slot)->run,
              completed && *completed ? 1 : 0, failure ? failure->message().c_str() : "-");
  return 0;
}
