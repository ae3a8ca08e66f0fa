#pragma once
// SlotSet: the numbers of running attempts (`{%}`): from 1, the lowest free one first, never one
// twice at a time. How many there may be can change at any moment. Pure.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

namespace tend::jobs {

class SlotSet {
 public:
  explicit SlotSet(unsigned limit) : limit_(limit) {}

  /// Nothing: as many are taken as there may be.
  [[nodiscard]] std::optional<unsigned> take() {
    if (taken_count_ >= limit_) {
      return std::nullopt;
    }
    const auto free = std::ranges::find(taken_, false);
    const auto index = static_cast<std::size_t>(free - taken_.begin());
    if (free == taken_.end()) {
      taken_.push_back(true);
    } else {
      *free = true;
    }
    ++taken_count_;
    return static_cast<unsigned>(index + 1);
  }

  void give_back(unsigned slot) {
    taken_[slot - 1] = false;
    --taken_count_;
  }

  [[nodiscard]] bool has_free() const noexcept { return taken_count_ < limit_; }
  [[nodiscard]] unsigned taken_count() const noexcept { return taken_count_; }
  [[nodiscard]] unsigned limit() const noexcept { return limit_; }

  /// Those above a lowered limit stay taken until they are given back.
  void set_limit(unsigned limit) noexcept { limit_ = limit; }

 private:
  unsigned limit_;
  unsigned taken_count_ = 0;
  std::vector<bool> taken_{};
};

}  // namespace tend::jobs
