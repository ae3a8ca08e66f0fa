#pragma once
// A random project: a few services and tasks with all kinds of policies, whose times are so short
// that a schedule reaches every limit.

#include "service/service_spec.hpp"
#include "service/world/chance.hpp"

namespace tend::service::world {

[[nodiscard]] ProjectSpec random_project(Chance& chance);

}  // namespace tend::service::world
