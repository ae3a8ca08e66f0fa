#pragma once
// Where a child lives that shares our memory while we go on: its stack and all that its code reads,
// kept until the kernel says that it has let go of them.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <utility>

#include "os/child_stack.hpp"
#include "os/spawn_options.hpp"
#include "os/spawn_plan.hpp"

namespace tend::os {

/// Everything that the code of one child reads until it has executed.
struct ChildPlace {
  explicit ChildPlace(ChildStack own_stack) : stack(std::move(own_stack)) {}

  ChildStack stack;
  SpawnOptions options{};
  std::optional<SpawnPlan> plan{};  ///< Of these options.
  raw::ChildInput input{};          ///< Of this plan.

  /// Not 0 while a child is here. For CloneRequest::child_tid: the kernel clears it when the child
  /// leaves our memory, by exec or by its end.
  std::int32_t is_taken = 0;
};

/// A place where no child is, as the last one has left it. Null when many children have not
/// executed yet (their disk may hang): places are few, so that they cost little.
/// For one thread.
Result<ChildPlace*> free_child_place();

}  // namespace tend::os
