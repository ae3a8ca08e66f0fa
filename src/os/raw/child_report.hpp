#pragma once
// How a step of the child tells that it failed: {step, errno} in the slot that it shares with its
// starter. Freestanding.

#include <cstdint>

#include "os/raw/child_slot.hpp"
#include "os/raw/spawn_step.hpp"

namespace tend::os::raw {

// The other side of the slot may be another process or a suspended thread of ours: plain stores,
// but never reordered or left out.
[[gnu::always_inline]] inline void store(std::int32_t& place, std::int32_t value) noexcept {
  __atomic_store_n(&place, value, __ATOMIC_RELEASE);
}

/// Whether a system call went well; if not, the failure is in the slot. `index` says which of
/// several the step was about.
[[nodiscard, gnu::always_inline]] inline bool is_done(ChildSlot* slot, SpawnStep step, long result,
                                                      std::uint32_t index = 0) noexcept {
  if (result >= 0) {
    return true;
  }
  // The step first: who finds an error also finds what it was about.
  store(slot->step, packed_step(step, index));
  store(slot->error, static_cast<std::int32_t>(-result));
  return false;
}

}  // namespace tend::os::raw
