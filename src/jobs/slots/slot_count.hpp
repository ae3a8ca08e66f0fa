#pragma once
// How many jobs may run side by side, as --jobs says it: `4`, `50%`, `+1`, `-1`. Pure.

#include <tend/error.hpp>

#include <cstdint>
#include <string_view>

namespace tend::jobs {

struct SlotCount {
  enum class Kind : std::uint8_t {
    exactly,
    percent,  ///< Of the cores.
    more,     ///< Than cores.
    fewer,
  };

  Kind kind = Kind::percent;
  unsigned number = 100;

  bool operator==(const SlotCount&) const = default;
};

/// More than any machine can use; a larger number is a slip of the finger.
inline constexpr unsigned slots_max = 100'000;

/// `0` is an error: nothing would ever run.
[[nodiscard]] Result<SlotCount> parse_slot_count(std::string_view text);

/// On a machine with so many cores; at least 1, at most slots_max. A percentage is rounded down.
[[nodiscard]] unsigned slots_on(const SlotCount& count, unsigned cores);

}  // namespace tend::jobs
