#include "os/raw/spawn_probe.hpp"

#include <asm/unistd.h>

#include "os/raw/syscall.hpp"

namespace tend::os::raw {

namespace {

constexpr std::uint32_t seen = 0x7e9d'0001;

}  // namespace

void run_probe(const void* mark) {
  auto* place = static_cast<ProbeMark*>(const_cast<void*>(mark));
  __atomic_store_n(&place->value, seen, __ATOMIC_RELEASE);
  while (true) {
    syscall(__NR_exit_group, 0);
  }
}

bool was_seen(const ProbeMark& mark) noexcept {
  return __atomic_load_n(&mark.value, __ATOMIC_ACQUIRE) == seen;
}

}  // namespace tend::os::raw
