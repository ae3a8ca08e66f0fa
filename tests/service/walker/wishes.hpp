#pragma once
// Is a wish reached? From a position on, the world is benign: whatever is pending happens, what is
// killed dies, nothing goes wrong any more.

#include <string>

#include "service/walker/fake_director.hpp"

namespace tend::service::test {

/// `stop` leads to a phase without a process, by itself and in a bounded number of moves. Returns
/// where it came to a halt instead, or nothing.
[[nodiscard]] std::string objection_to_stop(const FakeDirector& director, const Position& from,
                                            const Policy& policy);

/// `start`, when the requirements are there, leads to a started program.
[[nodiscard]] std::string objection_to_start(const FakeDirector& director, const Position& from,
                                             const Policy& policy);

/// `restart` leads to a started program of another run.
[[nodiscard]] std::string objection_to_restart(const FakeDirector& director, const Position& from,
                                               const Policy& policy);

/// What waits for something starts when that comes, without any wish.
[[nodiscard]] std::string objection_to_patience(const FakeDirector& director, const Position& from,
                                                const Policy& policy);

/// Events that cannot be true (of another run, before their time, of an end that is known) change
/// nothing.
[[nodiscard]] std::string objection_to_nonsense(const Machine& machine, const Position& position,
                                                const Policy& policy);

}  // namespace tend::service::test
