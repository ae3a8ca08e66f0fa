#include "base/sip_hash.hpp"

#include <bit>

namespace tend {

namespace {

constexpr std::size_t word_bytes = 8;

/// Eight bytes, the first one lowest.
std::uint64_t word_at(std::string_view bytes) noexcept {
  std::uint64_t word = 0;
  for (std::size_t place = 0; place < word_bytes; ++place) {
    word |= std::uint64_t{static_cast<unsigned char>(bytes[place])} << (8 * place);
  }
  return word;
}

}  // namespace

// The constants are those of the paper: "somepseudorandomlygeneratedbytes"; 0xee marks the variant
// with 128 bits.
SipHash::SipHash(std::uint64_t key_low, std::uint64_t key_high) noexcept
    : state_{key_low ^ 0x736f'6d65'7073'6575U, key_high ^ 0x646f'7261'6e64'6f6dU ^ 0xeeU,
             key_low ^ 0x6c79'6765'6e65'7261U, key_high ^ 0x7465'6462'7974'6573U} {}

void SipHash::round() noexcept {
  auto& [v0, v1, v2, v3] = state_;
  v0 += v1;
  v1 = std::rotl(v1, 13) ^ v0;
  v0 = std::rotl(v0, 32);
  v2 += v3;
  v3 = std::rotl(v3, 16) ^ v2;
  v0 += v3;
  v3 = std::rotl(v3, 21) ^ v0;
  v2 += v1;
  v1 = std::rotl(v1, 17) ^ v2;
  v2 = std::rotl(v2, 32);
}

void SipHash::take_word(std::uint64_t word) noexcept {
  state_[3] ^= word;
  round();
  round();
  state_[0] ^= word;
}

void SipHash::append(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const std::size_t place = length_ % word_bytes;
    if (place == 0 && bytes.size() >= word_bytes) {
      take_word(word_at(bytes));
      bytes.remove_prefix(word_bytes);
      length_ += word_bytes;
      continue;
    }
    partial_ |= std::uint64_t{static_cast<unsigned char>(bytes.front())} << (8 * place);
    bytes.remove_prefix(1);
    if (++length_ % word_bytes == 0) {
      take_word(partial_);
      partial_ = 0;
    }
  }
}

Hash128 SipHash::finish() noexcept {
  take_word(partial_ | std::uint64_t{length_} << 56U);
  const auto four_rounds = [this] {
    for (int count = 0; count < 4; ++count) {
      round();
    }
    return state_[0] ^ state_[1] ^ state_[2] ^ state_[3];
  };
  state_[2] ^= 0xeeU;
  const std::uint64_t first = four_rounds();
  state_[1] ^= 0xddU;
  return {.high = first, .low = four_rounds()};
}

}  // namespace tend
