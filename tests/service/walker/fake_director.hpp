#pragma once
// The shell of a director in a fake world: stores the state, performs the actions in order, can be
// killed before each of them, and is then followed by a new one that resumes.

#include <string>
#include <vector>

#include "service/walker/fake_world.hpp"

namespace tend::service::test {

/// The functions under test: the real ones, or broken ones to see that they are caught.
struct Machine {
  Step (*step)(const ServiceState&, const Event&, const Policy&) = &service::step;
  Step (*resume)(const ServiceState&, const Found&, const Policy&) = &service::resume;
};

inline constexpr int not_killed = -1;

/// Where a move leads.
struct Reached {
  Position position{};
  std::string mistake{};           ///< What was wrong on the way; empty if nothing was.
  int killed_before = not_killed;  ///< The director was killed before this action, and resumed.
};

class FakeDirector {
 public:
  FakeDirector(const Machine& machine, const Policy& policy) : machine_(machine), policy_(policy) {}

  /// The undisturbed way of an event.
  [[nodiscard]] Reached tell(const Position& position, Move move) const;

  /// All ways of an event: undisturbed, and killed before each action.
  [[nodiscard]] std::vector<Reached> tell_or_die(const Position& position, Move move) const;

  /// The director is killed; a new one resumes, but has not yet told of the ends that it found.
  [[nodiscard]] Reached die(const Position& position) const;

 private:
  Machine machine_;
  Policy policy_;
};

}  // namespace tend::service::test
