#pragma once
// Which descriptor of the parent becomes which of the child, as moves that do not overwrite each
// other, whatever the permutation. Pure: numbers in, numbers out.

#include <tend/error.hpp>

#include <span>
#include <vector>

#include "os/raw/spawn_child.hpp"

namespace tend::os {

/// Descriptor `source` of the parent is to be descriptor `target` of the child.
struct DescriptorWish {
  int source = -1;
  int target = -1;

  /// Known to be open, and to stay open at exec: neither asked nor told again.
  bool is_inheritable = false;

  bool operator==(const DescriptorWish&) const = default;
};

/// The arrays of raw::ChildInput. First every source that lies on a target is copied out of the
/// way, then each target is placed; what is in no target lies in a hole and is gone after exec.
struct DescriptorPlan {
  std::vector<raw::DescriptorSource> sources{};
  std::vector<raw::DescriptorPlacement> placements{};
  std::vector<raw::DescriptorHole> holes{};
};

/// `kept` are descriptors that must stay open until exec, whatever their numbers. Two wishes for
/// one target, or a negative number, are refused.
Result<DescriptorPlan> plan_descriptors(std::span<const DescriptorWish> wishes,
                                        std::span<const int> kept);

}  // namespace tend::os
