#include "base/sip_hash.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace tend {
namespace {

/// What `openssl mac -macopt size:16 SipHash` says of bytes 0, 1, 2... under key 0, 1, 2...
std::string hash_text(std::size_t length) {
  SipHash hash(0x0706'0504'0302'0100U, 0x0f0e'0d0c'0b0a'0908U);
  std::string bytes;
  for (std::size_t byte = 0; byte < length; ++byte) {
    bytes += static_cast<char>(byte);
  }
  hash.append(bytes);
  const Hash128 made = hash.finish();
  std::string text;
  for (const std::uint64_t half : {made.high, made.low}) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
      constexpr std::string_view digits = "0123456789abcdef";
      text += digits[half >> (shift + 4) & 0xfU];
      text += digits[half >> shift & 0xfU];
    }
  }
  return text;
}

TEST(SipHash, agrees_with_openssl) {
  EXPECT_EQ(hash_text(0), "a3817f04ba25a8e66df67214c7550293");
  EXPECT_EQ(hash_text(1), "da87c1d86b99af44347659119b22fc45");
  EXPECT_EQ(hash_text(7), "a1f1ebbed8dbc153c0b84aa61ff08239");
  EXPECT_EQ(hash_text(8), "3b62a9ba6258f5610f83e264f31497b4");
  EXPECT_EQ(hash_text(15), "5493e99933b0a8117e08ec0f97cfc3d9");
  EXPECT_EQ(hash_text(63), "5150d1772f50834a503e069a973fbd7c");
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): so rapidcheck hands it out.
RC_GTEST_PROP(SipHash, does_not_care_how_the_text_is_cut, (std::string text)) {
  SipHash whole;
  whole.append(text);
  SipHash pieces;
  for (std::size_t at = 0; at < text.size();) {
    const auto size = *rc::gen::inRange<std::size_t>(1, 20);
    pieces.append(std::string_view(text).substr(at, size));
    at += size;
  }
  RC_ASSERT(whole.finish() == pieces.finish());
}

}  // namespace
}  // namespace tend
