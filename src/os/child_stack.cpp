#include "os/child_stack.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <new>

namespace tend::os {

namespace {

// Pages of aarch64 can have 64 KiB; a guard of that size fits every page size.
constexpr std::size_t guard_bytes = 64UL * 1024;
constexpr std::size_t stack_bytes = 64UL * 1024;

/// The stack that was given back last, for the next child: mapping one costs more than the rest of
/// what the parent does for a spawn. One is enough, as threads seldom spawn in the same instant.
std::atomic<std::byte*> spare{nullptr};

struct SharedPage {
  raw::ChildSlot slot{};
  std::int32_t reached_exec = 0;
};

}  // namespace

Result<ChildStack> ChildStack::make() {
  if (std::byte* kept = spare.exchange(nullptr, std::memory_order_acq_rel)) {
    return ChildStack(kept);
  }
  void* mapping = ::mmap(nullptr, guard_bytes + stack_bytes, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) {
    return failed("allocate", "stack of a child", errno);
  }
  ChildStack stack(static_cast<std::byte*>(mapping));
  if (::mprotect(stack.lowest(), stack_bytes, PROT_READ | PROT_WRITE) < 0) {
    return failed("allocate", "stack of a child", errno);
  }
  return stack;
}

ChildStack::~ChildStack() {
  if (mapping_ == nullptr) {
    return;
  }
  std::byte* surplus = spare.exchange(mapping_, std::memory_order_acq_rel);
  if (surplus != nullptr) {
    ::munmap(surplus, guard_bytes + stack_bytes);
  }
}

void* ChildStack::lowest() const noexcept { return mapping_ + guard_bytes; }

std::size_t ChildStack::bytes() const noexcept { return stack_bytes; }

Result<SharedSlot> SharedSlot::make() {
  void* mapping = ::mmap(nullptr, sizeof(SharedPage), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) {
    return failed("allocate", "slot of a child", errno);
  }
  return SharedSlot(&(new (mapping) SharedPage())->slot);
}

SharedSlot::~SharedSlot() {
  if (slot_ != nullptr) {
    ::munmap(slot_, sizeof(SharedPage));
  }
}

std::int32_t& SharedSlot::reached_exec() const noexcept {
  // The slot is the first member of its page, so both have one address.
  return reinterpret_cast<SharedPage*>(slot_)->reached_exec;
}

}  // namespace tend::os
