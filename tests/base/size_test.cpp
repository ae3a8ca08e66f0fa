#include "base/size.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace tend {
namespace {

TEST(Size, reads_bytes_and_both_kinds_of_units) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("4096"), 4096U);
  EXPECT_EQ(parse_size("7B"), 7U);
  EXPECT_EQ(parse_size("64KiB"), 65536U);
  EXPECT_EQ(parse_size("16MiB"), 16U << 20U);
  EXPECT_EQ(parse_size("1.5GiB"), 3ULL << 29U);
  EXPECT_EQ(parse_size("2TiB"), 2ULL << 40U);
  EXPECT_EQ(parse_size("100MB"), 100'000'000U);
  EXPECT_EQ(parse_size("1.25kB"), 1250U);
}

TEST(Size, refuses_everything_else) {
  for (const std::string_view text :
       {"", "KiB", "-1", "64K", "64 KiB", "64kib", "1.5", "1.KiB", "1,5KiB", "18446744073709551616",
        "99999999TiB", "64KiBx", "0x10"}) {
    EXPECT_FALSE(parse_size(text).has_value()) << text;
  }
  EXPECT_EQ(parse_size("64K").error().message(),
            "size \"64K\": units are B, KiB, MiB, GiB, TiB, kB, MB, GB and TB");
}

TEST(Size, is_shown_for_a_glance) {
  EXPECT_EQ(human_size(812), "812B");
  EXPECT_EQ(human_size(1'500'000), "1.4MiB");
  EXPECT_EQ(human_size(UINT64_MAX), "16777215.9TiB");
}

RC_GTEST_PROP(Size, is_read_back_as_it_was_written, (std::uint32_t count, std::uint8_t shift)) {
  const std::uint64_t bytes = std::uint64_t{count} << (shift % 32);
  RC_ASSERT(parse_size(size_text(bytes)).value() == bytes);
}

}  // namespace
}  // namespace tend
