#include "os/shared_numbers.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cerrno>

namespace tend::os {

Result<SharedNumbers> SharedNumbers::make(std::size_t count) {
  void* mapping = ::mmap(nullptr, count * sizeof(std::int32_t), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) {
    return failed("map", "shared memory", errno);
  }
  return SharedNumbers(static_cast<std::int32_t*>(mapping), count);
}

SharedNumbers::~SharedNumbers() {
  if (numbers_ != nullptr) {
    ::munmap(numbers_, count_ * sizeof(std::int32_t));
  }
}

std::int32_t SharedNumbers::load(std::size_t index) const noexcept {
  return std::atomic_ref(numbers_[index]).load(std::memory_order_acquire);
}

void SharedNumbers::store(std::size_t index, std::int32_t number) noexcept {
  std::atomic_ref(numbers_[index]).store(number, std::memory_order_release);
}

}  // namespace tend::os
