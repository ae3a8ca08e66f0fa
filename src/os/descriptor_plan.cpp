#include "os/descriptor_plan.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>

#include "base/try.hpp"

namespace tend::os {

namespace {

std::unexpected<Error> bad(int number, std::string why) {
  return std::unexpected(Error{.step = "descriptor",
                               .subject = std::to_string(number),
                               .code = EINVAL,
                               .detail = std::move(why)});
}

/// Sorted by target, with what cannot be refused.
Result<std::vector<DescriptorWish>> sorted_by_target(std::span<const DescriptorWish> wishes) {
  std::vector<DescriptorWish> sorted(wishes.begin(), wishes.end());
  std::ranges::sort(sorted, {}, &DescriptorWish::target);
  for (std::size_t index = 0; index < sorted.size(); ++index) {
    const DescriptorWish& wish = sorted[index];
    if (wish.source < 0 || wish.target < 0) {
      return bad(std::min(wish.source, wish.target), "not a descriptor");
    }
    if (index > 0 && sorted[index - 1].target == wish.target) {
      return bad(wish.target, "wished for twice");
    }
  }
  return sorted;
}

/// The wish for this target; null if there is none.
const DescriptorWish* wish_for(int target, const std::vector<DescriptorWish>& by_target) {
  const auto found = std::ranges::lower_bound(by_target, target, {}, &DescriptorWish::target);
  return found != by_target.end() && found->target == target ? &*found : nullptr;
}

/// Each number that is a source or kept, once, in rising order.
std::vector<int> sources_of(std::span<const DescriptorWish> wishes, std::span<const int> kept) {
  std::vector<int> numbers;
  numbers.reserve(wishes.size() + kept.size());
  for (const DescriptorWish& wish : wishes) {
    numbers.push_back(wish.source);
  }
  numbers.insert(numbers.end(), kept.begin(), kept.end());
  std::ranges::sort(numbers);
  const auto repeated = std::ranges::unique(numbers);
  numbers.erase(repeated.begin(), repeated.end());
  return numbers;
}

std::vector<raw::DescriptorHole> holes_between(const std::vector<DescriptorWish>& by_target) {
  std::vector<raw::DescriptorHole> holes;
  std::uint32_t first = 0;
  for (const DescriptorWish& wish : by_target) {
    const auto number = static_cast<std::uint32_t>(wish.target);
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
  const std::vector<DescriptorWish> by_target = TEND_TRY(sorted_by_target(wishes));
  for (const int number : kept) {
    const DescriptorWish* wish = wish_for(number, by_target);
    if (wish != nullptr && wish->source == number) {
      return bad(number, "needed until exec, so the child cannot have it");
    }
  }
  DescriptorPlan plan;
  const std::vector<int> sources = sources_of(wishes, kept);
  plan.sources.reserve(sources.size());
  for (const int number : sources) {
    // A target whose own descriptor is what is wished for stays where it is.
    const DescriptorWish* wish = wish_for(number, by_target);
    const bool is_overwritten = wish != nullptr && wish->source != number;
    plan.sources.push_back({.number = number, .is_in_the_way = is_overwritten ? 1 : 0});
  }
  for (const DescriptorWish& wish : by_target) {
    if (wish.source != wish.target || !wish.is_inheritable) {
      const auto source = std::ranges::lower_bound(sources, wish.source);
      plan.placements.push_back(
          {.source = static_cast<std::uint32_t>(source - sources.begin()), .target = wish.target});
    }
  }
  plan.holes = holes_between(by_target);
  return plan;
}

}  // namespace tend::os
