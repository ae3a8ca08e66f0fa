#pragma once
// Signals as values: names, numbers and sets. Nothing here sends or catches one.

#include <tend/error.hpp>

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tend {

/// The largest signal number of Linux on the architectures that tend knows.
inline constexpr int signal_max = 64;

/// `SIGTERM`, `SIGRTMIN+3`; a number that is no signal is given as `signal 99`.
[[nodiscard]] std::string signal_name(int number);

/// From `TERM`, `SIGTERM`, `term`, `15`, `RTMIN+3`; nothing for what is no signal.
[[nodiscard]] std::optional<int> signal_number(std::string_view name);

/// A set of signal numbers, 1 to 64: the kernel's own form, so that 32 and 33, which libc keeps for
/// itself, can be in it.
class SignalSet {
 public:
  constexpr SignalSet() = default;
  constexpr SignalSet(std::initializer_list<int> numbers) {
    for (const int number : numbers) {
      add(number);
    }
  }
  [[nodiscard]] static constexpr SignalSet from_bits(std::uint64_t bits) {
    SignalSet made;
    made.bits_ = bits;
    return made;
  }
  [[nodiscard]] static constexpr SignalSet all() { return from_bits(~std::uint64_t{0}); }
  /// 32 to 64: they mean what two programs have agreed on, and nothing to a third.
  [[nodiscard]] static constexpr SignalSet realtime() {
    return from_bits(~std::uint64_t{0} << standard_signals);
  }

  /// From names or numbers as signal_number() knows them, with commas or spaces between them;
  /// `ALL` is every signal, an empty text is none. An unknown name is the error.
  [[nodiscard]] static Result<SignalSet> parse(std::string_view text);

  /// Numbers that are no signal, 1 to 64, change nothing.
  constexpr SignalSet& add(int number) {
    bits_ |= bit(number);
    return *this;
  }
  constexpr SignalSet& remove(int number) {
    bits_ &= ~bit(number);
    return *this;
  }
  [[nodiscard]] constexpr bool contains(int number) const { return (bits_ & bit(number)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr int size() const { return std::popcount(bits_); }

  /// Whether every signal of the other set is in this one too.
  [[nodiscard]] constexpr bool contains_all(SignalSet other) const {
    return (other.bits_ & ~bits_) == 0;
  }

  /// In one or the other; in both; in the first but not in the second; in none.
  friend constexpr SignalSet operator|(SignalSet a, SignalSet b) {
    return from_bits(a.bits_ | b.bits_);
  }
  friend constexpr SignalSet operator&(SignalSet a, SignalSet b) {
    return from_bits(a.bits_ & b.bits_);
  }
  friend constexpr SignalSet operator-(SignalSet a, SignalSet b) {
    return from_bits(a.bits_ & ~b.bits_);
  }
  constexpr SignalSet operator~() const { return from_bits(~bits_); }

  /// The numbers in rising order.
  [[nodiscard]] std::vector<int> numbers() const;

  /// `SIGINT SIGTERM`, in the order of the numbers; `none` and `ALL`. parse() reads it back.
  [[nodiscard]] std::string description() const;

  /// Bit n-1 stands for signal n, as in /proc/PID/status.
  [[nodiscard]] constexpr std::uint64_t bits() const { return bits_; }

  constexpr bool operator==(const SignalSet&) const = default;

 private:
  static constexpr int standard_signals = 31;

  static constexpr std::uint64_t bit(int number) {
    return number >= 1 && number <= signal_max ? std::uint64_t{1} << (number - 1) : 0;
  }

  std::uint64_t bits_ = 0;
};

}  // namespace tend
