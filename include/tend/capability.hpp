#pragma once
// Capabilities as values: names, numbers and sets (capabilities(7)). Nothing here asks for one or
// gives one up.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tend {

/// `CAP_NET_ADMIN`; a number that has no name yet is given as `CAP_45`.
[[nodiscard]] std::string capability_name(int number);

/// From `CAP_CHOWN`, `cap_chown`, `chown`, `CAP_45`, `45`; nothing for what is none. Numbers are
/// those of <linux/capability.h>, 0 to 63.
[[nodiscard]] std::optional<int> capability_number(std::string_view name);

/// What the capability allows, in a few words; empty for one without a name.
[[nodiscard]] std::string_view capability_meaning(int number);

/// A set of capabilities. Bit n stands for capability n, as in /proc/PID/status.
class CapabilitySet {
 public:
  constexpr CapabilitySet() = default;
  constexpr CapabilitySet(std::initializer_list<int> numbers) {
    for (const int number : numbers) {
      add(number);
    }
  }
  [[nodiscard]] static constexpr CapabilitySet from_bits(std::uint64_t bits) {
    CapabilitySet made;
    made.bits_ = bits;
    return made;
  }

  /// Numbers that are no capability, 0 to 63, change nothing.
  constexpr CapabilitySet& add(int number) {
    bits_ |= bit(number);
    return *this;
  }
  constexpr CapabilitySet& remove(int number) {
    bits_ &= ~bit(number);
    return *this;
  }
  [[nodiscard]] constexpr bool contains(int number) const { return (bits_ & bit(number)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr std::uint64_t bits() const { return bits_; }

  /// The names in order of their numbers. A full set on a new kernel may hold nameless ones.
  [[nodiscard]] std::vector<std::string> names() const;

  constexpr bool operator==(const CapabilitySet&) const = default;

 private:
  static constexpr std::uint64_t bit(int number) {
    return number >= 0 && number < 64 ? std::uint64_t{1} << number : 0;
  }

  std::uint64_t bits_ = 0;
};

}  // namespace tend
