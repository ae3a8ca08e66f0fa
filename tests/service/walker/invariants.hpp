#pragma once
// What must hold in every position, and of every step, of a service in its fake world.

#include <string>

#include "service/walker/fake_world.hpp"

namespace tend::service::test {

/// What is wrong with a position between two moves, or nothing.
[[nodiscard]] std::string objection_to(const Position& position, const Policy& policy);

/// What is wrong with the step from `before`, apart from where it leads, or nothing.
[[nodiscard]] std::string objection_to(const ServiceState& before, const Event& event,
                                       const Step& step, const Policy& policy);

}  // namespace tend::service::test
