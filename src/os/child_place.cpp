#include "os/child_place.hpp"

#include <cstddef>
#include <memory>
#include <vector>

#include "base/try.hpp"

namespace tend::os {

namespace {

constexpr std::size_t places_max = 16;

bool is_free(const ChildPlace& place) {
  return __atomic_load_n(&place.is_taken, __ATOMIC_ACQUIRE) == 0;
}

}  // namespace

Result<ChildPlace*> free_child_place() {
  // Never destroyed: a child may still be there when this process ends.
  static auto& places = *new std::vector<std::unique_ptr<ChildPlace>>();
  for (const auto& place : places) {
    if (is_free(*place)) {
      return place.get();
    }
  }
  if (places.size() == places_max) {
    return nullptr;
  }
  places.push_back(std::make_unique<ChildPlace>(TEND_TRY(ChildStack::make())));
  return places.back().get();
}

}  // namespace tend::os
