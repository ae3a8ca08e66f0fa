#include "base/time_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace tend {
namespace {

using namespace std::chrono_literals;
using std::chrono::minutes;
using std::chrono::seconds;

// 2024-05-01T00:11:30Z
constexpr RealTime may_day{seconds{1'714'522'290}};

TEST(TimeText, is_rfc3339) {
  EXPECT_EQ(rfc3339(may_day), "2024-05-01T00:11:30.000Z");
  EXPECT_EQ(rfc3339(may_day + 250ms + 1us), "2024-05-01T00:11:30.250Z");
  EXPECT_EQ(rfc3339(may_day + 1ns, Precision::nanoseconds), "2024-05-01T00:11:30.000000001Z");
  EXPECT_EQ(rfc3339(may_day, Precision::seconds, 120min), "2024-05-01T02:11:30+02:00");
  EXPECT_EQ(rfc3339(may_day, Precision::seconds, -210min), "2024-04-30T20:41:30-03:30");
  EXPECT_EQ(rfc3339(RealTime{}, Precision::seconds), "1970-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339(RealTime{} - 1ns, Precision::seconds), "1969-12-31T23:59:59Z");
}

struct Meant {
  std::string_view text;
  RealTime time;
};

class TimeReads : public testing::TestWithParam<Meant> {};

// The present is 02:11:30 of May 1st at a place two hours east of Greenwich.
TEST_P(TimeReads, the_text) {
  EXPECT_EQ(parse_time(GetParam().text, {may_day, 120min}), GetParam().time);
}

constexpr RealTime midnight = may_day - 11min - 30s - 2h;  // local

INSTANTIATE_TEST_SUITE_P(
    Forms, TimeReads,
    testing::Values(Meant{"now", may_day}, Meant{"today", midnight},
                    Meant{"yesterday", midnight - 24h}, Meant{"10m", may_day - 10min},
                    Meant{"10m ago", may_day - 10min}, Meant{"1h30m", may_day - 90min},
                    Meant{"@1714522290", may_day}, Meant{"2024-05-01T00:11:30Z", may_day},
                    Meant{"2024-05-01t00:11:30z", may_day},
                    Meant{"2024-05-01T02:11:30+02:00", may_day},
                    Meant{"2024-04-30T20:41:30-0330", may_day},
                    Meant{"2024-05-01 02:11:30", may_day}, Meant{"02:11:30", may_day},
                    Meant{"02:11", may_day - 30s}, Meant{"2024-05-01", midnight},
                    Meant{"2024-05-01T00:11:30.5Z", may_day + 500ms},
                    Meant{"2024-05-01T00:11:30.0000000019Z", may_day + 1ns},
                    Meant{"2016-12-31T23:59:60Z", RealTime{seconds{1'483'228'799}}}));

TEST(TimeText, refuses_what_is_no_time) {
  for (const std::string_view text : {"",
                                      "soon",
                                      "10",
                                      "2024-02-30",
                                      "2023-02-29",
                                      "2024-13-01",
                                      "2024-05-01T",
                                      "24:00",
                                      "1:30",
                                      "12:60",
                                      "2024-05-01T12:00:00.Z",
                                      "2024-05-01T12:00:00+25:00",
                                      "2024-05-01T12:00:00Zx",
                                      "@",
                                      "@-1",
                                      "@99999999999",
                                      "0000-01-01",
                                      "9999-01-01",
                                      "2024-5-1",
                                      "10m later",
                                      "2024-05-01Z",
                                      "+10m"}) {
    EXPECT_FALSE(parse_time(text, {may_day, 0min}).has_value()) << text;
  }
}

RC_GTEST_PROP(TimeText, is_read_back_as_it_was_written, ()) {
  const RealTime time{
      std::chrono::nanoseconds{*rc::gen::inRange<std::int64_t>(0, 7'000'000'000'000'000'000)}};
  const minutes offset{*rc::gen::inRange(-12 * 60, 14 * 60)};
  const auto read = parse_time(rfc3339(time, Precision::nanoseconds, offset), {});
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == time);
}

RC_GTEST_PROP(TimeText, any_text_is_a_time_or_an_error, (const std::string& text)) {
  static_cast<void>(parse_time(text, {may_day, 120min}));
}

}  // namespace
}  // namespace tend
