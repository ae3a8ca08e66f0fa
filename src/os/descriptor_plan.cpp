#include "os/descriptor_plan.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <map>
#include <set>
#include <string>

namespace tend::os {

namespace {

std::unexpected<Error> bad(int number, std::string why) {
  return std::unexpected(Error{.step = "descriptor",
                               .subject = std::to_string(number),
                               .code = EINVAL,
                               .detail = std::move(why)});
}

std::vector<raw::DescriptorHole> holes_between(const std::set<int>& targets) {
  std::vector<raw::DescriptorHole> holes;
  std::uint32_t first = 0;
  for (const int target : targets) {
    const auto number = static_cast<std::uint32_t>(target);
    if (number > first) {
      holes.push_back({.first = first, .last = number - 1});
    }
    first = number + 1;
  }
  holes.push_back({.first = first, .last = std::numeric_limits<std::uint32_t>::max()});
  return holes;
}

}  // namespace

Result<DescriptorPlan> plan_descriptors(std::span<const DescriptorWish> wishes,
                                        std::span<const int> kept) {
  std::set<int> targets;
  std::set<int> staying;  // Targets whose own descriptor is what is wished for.
  for (const DescriptorWish& wish : wishes) {
    if (wish.source < 0 || wish.target < 0) {
      return bad(std::min(wish.source, wish.target), "not a descriptor");
    }
    if (!targets.insert(wish.target).second) {
      return bad(wish.target, "wished for twice");
    }
    if (wish.source == wish.target) {
      staying.insert(wish.target);
    }
  }
  DescriptorPlan plan;
  std::map<int, std::uint32_t> place_of;
  const auto add_source = [&](int number) {
    const auto [found, is_new] =
        place_of.emplace(number, static_cast<std::uint32_t>(plan.sources.size()));
    if (is_new) {
      const bool is_overwritten = targets.contains(number) && !staying.contains(number);
      plan.sources.push_back({.number = number, .is_in_the_way = is_overwritten ? 1 : 0});
    }
    return found->second;
  };
  for (const DescriptorWish& wish : wishes) {
    const std::uint32_t source = add_source(wish.source);
    if (wish.source != wish.target || !wish.is_inheritable) {
      plan.placements.push_back({.source = source, .target = wish.target});
    }
  }
  for (const int number : kept) {
    if (staying.contains(number)) {
      return bad(number, "needed until exec, so the child cannot have it");
    }
    add_source(number);
  }
  plan.holes = holes_between(targets);
  return plan;
}

}  // namespace tend::os
