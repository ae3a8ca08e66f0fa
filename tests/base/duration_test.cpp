#include "base/duration.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace tend {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

struct Good {
  std::string_view text;
  milliseconds value;
};

class DurationReads : public testing::TestWithParam<Good> {};

TEST_P(DurationReads, the_text) { EXPECT_EQ(parse_duration(GetParam().text), GetParam().value); }

INSTANTIATE_TEST_SUITE_P(Forms, DurationReads,
                         testing::Values(Good{"500ms", 500ms}, Good{"30s", 30s}, Good{"5m", 5min},
                                         Good{"2h", 2h}, Good{"1d", 24h}, Good{"1m30s", 90s},
                                         Good{"1h500ms", 1h + 500ms}, Good{"0", 0ms},
                                         Good{"0s", 0ms}, Good{"1.5s", 1500ms},
                                         Good{"0.25s", 250ms}, Good{"1.5h", 90min},
                                         Good{"1m0.5s", 60500ms}, Good{"0.001s", 1ms},
                                         Good{"36500d", 36500 * 24h}, Good{"0005s", 5s}));

TEST(DurationOrSeconds, takes_a_number_alone_as_seconds) {
  EXPECT_EQ(parse_duration_or_seconds("5"), 5s);
  EXPECT_EQ(parse_duration_or_seconds("0.25"), 250ms);
  EXPECT_EQ(parse_duration_or_seconds("0"), 0ms);
  EXPECT_EQ(parse_duration_or_seconds("1m30s"), 90s);
  for (const std::string_view wrong : {"", ".", "-5", "5x", "1m30", "0.0001", "1.5.5"}) {
    EXPECT_FALSE(parse_duration_or_seconds(wrong).has_value()) << wrong;
  }
}

class DurationRefuses : public testing::TestWithParam<std::string_view> {};

TEST_P(DurationRefuses, the_text) { EXPECT_FALSE(parse_duration(GetParam()).has_value()); }

INSTANTIATE_TEST_SUITE_P(Forms, DurationRefuses,
                         testing::Values("", "5", "s", "5x", "5 s", " 5s", "5s ", "-5s", "+5s",
                                         "5s5s", "5s1m", "1.s", ".5s", "1.5m30s", "0.0001s",
                                         "1.5ms", "5S", "36501d", "36500d1ms",
                                         "99999999999999999999s", "1e3s", "5sec", "1h1"));

TEST(Duration, says_what_is_wrong) {
  EXPECT_EQ(parse_duration("30").error().message(),
            "duration \"30\": a unit is missing: ms, s, m, h or d");
  EXPECT_EQ(parse_duration("5x").error().detail,
            "units are ms, s, m, h and d, each once, from large to small");
}

TEST(Duration, is_written_exactly) {
  EXPECT_EQ(duration_text(0ms), "0s");
  EXPECT_EQ(duration_text(90s), "1m30s");
  EXPECT_EQ(duration_text(250ms), "250ms");
  EXPECT_EQ(duration_text(25h + 1ms), "1d1h1ms");
  EXPECT_EQ(duration_text(-5s), "-5s");
}

RC_GTEST_PROP(Duration, is_read_back_as_it_was_written, ()) {
  const milliseconds value{*rc::gen::inRange<std::int64_t>(0, 36'500LL * 86'400'000)};
  RC_ASSERT(parse_duration(duration_text(value)).value() == value);
}

RC_GTEST_PROP(Duration, any_text_is_a_duration_or_an_error, (const std::string& text)) {
  const auto value = parse_duration(text);
  RC_ASSERT((!value || *value >= 0ms));
}

TEST(Duration, is_shown_with_two_units_at_most) {
  EXPECT_EQ(human_duration(850ms), "850ms");
  EXPECT_EQ(human_duration(12'345ms), "12.3s");
  EXPECT_EQ(human_duration(245s), "4m05s");
  EXPECT_EQ(human_duration(2h + 3min + 59s), "2h03m");
  EXPECT_EQ(human_duration(76h), "3d04h");
  EXPECT_EQ(human_duration(-1s), "-1.0s");
}

}  // namespace
}  // namespace tend
