#pragma once
// Chance: the one source of everything that is random in a schedule, so that its seed replays it.

#include <cstdint>
#include <initializer_list>
#include <span>

namespace tend::service::world {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}

  /// splitmix64: the same on every machine and with every library.
  std::uint64_t bits() {
    std::uint64_t mixed = (state_ += 0x9e37'79b9'7f4a'7c15);
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58'476d'1ce4'e5b9;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d0'49bb'1331'11eb;
    return mixed ^ (mixed >> 31U);
  }

  /// In [0, bound).
  std::uint32_t below(std::size_t bound) {
    return static_cast<std::uint32_t>(bits() % (bound == 0 ? 1 : bound));
  }
  bool one_in(std::uint32_t n) { return below(n) == 0; }

  template <typename T>
  T pick(std::initializer_list<T> choices) {
    return choices.begin()[below(choices.size())];
  }

 private:
  std::uint64_t state_;
};

}  // namespace tend::service::world
