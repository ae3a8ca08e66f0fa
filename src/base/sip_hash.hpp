#pragma once
// SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012) under a fixed key: a short name for a
// long text. Two texts that nobody made for it have the same one with a chance of 2^-128.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tend {

struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  auto operator<=>(const Hash128&) const = default;
};

/// Takes bytes in pieces of any size; how they are cut makes no difference.
class SipHash {
 public:
  explicit SipHash(std::uint64_t key_low = 0, std::uint64_t key_high = 0) noexcept;

  void append(std::string_view bytes) noexcept;

  /// Of all that was appended; nothing may be appended afterwards.
  [[nodiscard]] Hash128 finish() noexcept;

 private:
  void round() noexcept;
  void take_word(std::uint64_t word) noexcept;

  std::array<std::uint64_t, 4> state_;
  std::uint64_t partial_ = 0;  ///< Bytes that do not make a word yet, the first one lowest.
  std::size_t length_ = 0;
};

}  // namespace tend
