#include "os/raw/spawn_probe.hpp"

#include <asm/unistd.h>

#include "os/raw/kernel.hpp"
#include "os/raw/syscall.hpp"

namespace tend::os::raw {

namespace {

constexpr std::uint32_t seen = 0x7e9d'0001;

/// The range is empty, so that a kernel that takes no notice of the flag closes nothing.
void try_own_table(ProbeMark& mark) noexcept {
  constexpr std::uint32_t last = ~std::uint32_t{0};
  if (syscall(__NR_close_range, last, last, close_range_unshare) == 0) {
    __atomic_store_n(&mark.has_own_table, 1, __ATOMIC_RELEASE);
    syscall(__NR_close, mark.sacrificed);
  }
}

}  // namespace

void run_probe(const void* mark) {
  auto* place = static_cast<ProbeMark*>(const_cast<void*>(mark));
  __atomic_store_n(&place->value, seen, __ATOMIC_RELEASE);
  if (place->sacrificed >= 0) {
    try_own_table(*place);
  }
  while (true) {
    syscall(__NR_exit_group, 0);
  }
}

bool was_seen(const ProbeMark& mark) noexcept {
  return __atomic_load_n(&mark.value, __ATOMIC_ACQUIRE) == seen;
}

}  // namespace tend::os::raw
