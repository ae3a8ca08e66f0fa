#pragma once
// A few numbers in memory that stays shared with copies of this process (mmap(2), MAP_SHARED): what
// one of them knows at its last moment, the other can still read.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace tend::os {

/// All 0 at first. Each is stored and loaded as a whole.
class [[nodiscard]] SharedNumbers {
 public:
  static Result<SharedNumbers> make(std::size_t count);

  SharedNumbers() = default;
  SharedNumbers(SharedNumbers&& other) noexcept
      : numbers_(std::exchange(other.numbers_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  SharedNumbers& operator=(SharedNumbers&& other) noexcept {
    std::swap(numbers_, other.numbers_);
    std::swap(count_, other.count_);
    return *this;
  }
  SharedNumbers(const SharedNumbers&) = delete;
  SharedNumbers& operator=(const SharedNumbers&) = delete;
  ~SharedNumbers();

  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] std::int32_t load(std::size_t index) const noexcept;
  void store(std::size_t index, std::int32_t number) noexcept;

 private:
  SharedNumbers(std::int32_t* numbers, std::size_t count) noexcept
      : numbers_(numbers), count_(count) {}

  std::int32_t* numbers_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace tend::os
