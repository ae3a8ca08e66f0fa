#include "service/world/take_over.hpp"

#include <utility>

#include "service/adoption.hpp"
#include "service/first_descriptors.hpp"

namespace tend::service::world {

namespace {

/// `tend up` has been killed.
struct KilledUp {};

class Steps {
 public:
  explicit Steps(std::uint32_t left) : left_(left) {}

  void step() {
    if (left_ == 0) {
      return;
    }
    --left_;
    if (left_ == 0) {
      throw KilledUp{};
    }
  }

 private:
  std::uint32_t left_;
};

AdoptionSight sight_of(Machine& machine, Steps& steps) {
  const auto look = [&machine, &steps] {
    steps.step();
    machine.move();
  };
  return {.open_leader =
              [&machine, look](const KnownLeader& leader) {
                look();
                return machine.open_leader(leader);
              },
          .has_exited = [&machine, look](const os::Fd& pidfd) -> Result<bool> {
            look();
            return machine.end_of(machine.token_of(pidfd).of).known != ProcessEnd::Known::lives;
          },
          .reopen_pipe = [&machine, look](std::int32_t pid,
                                          std::uint64_t /*inode*/) -> std::optional<os::Fd> {
            look();
            return machine.kernel.find(pid) != nullptr ? std::optional(machine.open({}))
                                                       : std::nullopt;
          }};
}

bool adopt_all(Machine& machine, std::optional<std::span<const std::uint32_t>> chosen,
               Steps& steps) {
  const AdoptionSight sight = sight_of(machine, steps);
  Inheritance inheritance{.bequests = machine.recorder.bequeath()};
  FirstDescriptors first;
  first.add(StoredKind::report_event, machine.open({.kind = Token::Kind::report_event}));
  if (!adopt(machine.state, machine.project, std::move(inheritance), first, sight)) {
    machine.object("the project cannot be adopted");
    return false;
  }
  steps.step();
  if (chosen) {
    renew_wishes(machine.state, machine.project, *chosen, machine.now_ns);
  }
  steps.step();
  return machine.begin_keeper(first);
}

}  // namespace

bool take_over(Machine& machine, std::optional<std::span<const std::uint32_t>> chosen,
               std::uint32_t dies_after) {
  Steps steps(dies_after);
  machine.story.tell("tend up takes over");
  try {
    return adopt_all(machine, chosen, steps);
  } catch (const KilledUp&) {
    machine.story.tell("tend up is killed");
    return false;
  }
}

}  // namespace tend::service::world
