#include "service/director/notify_message.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/text.hpp"

namespace tend::service {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using Watchdog = NotifyMessage::Watchdog;

TEST(NotifyMessage, reads_every_key_that_it_knows) {
  const NotifyMessage message = parse_notify(
      "READY=1\nRELOADING=1\nSTOPPING=1\nSTATUS=Processing requests...\nERRNO=2\nMAINPID=4711\n"
      "EXTEND_TIMEOUT_USEC=5000000\nMONOTONIC_USEC=17\nWATCHDOG=1\nWATCHDOG_USEC=20000000\n");
  const NotifyMessage expected{.ready = true,
                               .reloading = true,
                               .stopping = true,
                               .status = "Processing requests...",
                               .error_number = 2,
                               .main_pid = 4711,
                               .extend_timeout = 5s,
                               .monotonic = 17us,
                               .watchdog = Watchdog::alive,
                               .watchdog_period = 20s};
  EXPECT_EQ(message, expected);
}

TEST(NotifyMessage, needs_no_newline_at_the_end) {
  EXPECT_TRUE(parse_notify("READY=1").ready);
  EXPECT_EQ(parse_notify("READY=1\nSTATUS=x").status, "x");
  EXPECT_EQ(parse_notify("\n\n\nSTATUS=x\n\n").status, "x");
}

TEST(NotifyMessage, leaves_out_what_it_does_not_know) {
  const NotifyMessage nothing;
  for (const char* text : {"",
                           "\n",
                           "=",
                           "=1",
                           "READY",
                           "READY=",
                           "READY=0",
                           "READY=11",
                           "READY=1 ",
                           "READY =1",
                           " READY=1",
                           "ready=1",
                           "READY=true",
                           "XREADY=1",
                           "FDSTORE=1",
                           "FDNAME=a",
                           "FDPOLL=0",
                           "BUSERROR=x",
                           "NOTIFYACCESS=all",
                           "X_MINE=1",
                           "READY\n=1",
                           "READY=1\r\n",
                           "WATCHDOG=2",
                           "WATCHDOG=Trigger"}) {
    EXPECT_EQ(parse_notify(text), nothing) << text;
  }
  EXPECT_TRUE(parse_notify("junk\nX=1\nREADY=1\nmore junk").ready);
}

TEST(NotifyMessage, leaves_out_numbers_that_are_none) {
  for (const char* number : {"", "0", "-1", "1x", " 1", "1 ", "+1", "0x10", "1e3", "2147483648",
                             "99999999999999999999"}) {
    EXPECT_FALSE(parse_notify("MAINPID="s + number).main_pid) << number;
  }
  EXPECT_EQ(parse_notify("MAINPID=2147483647").main_pid, 2147483647);
  for (const char* number : {"", "-1", "4096", "EIO"}) {
    EXPECT_FALSE(parse_notify("ERRNO="s + number).error_number) << number;
  }
  EXPECT_EQ(parse_notify("ERRNO=0").error_number, 0);
  for (const char* number : {"", "-1", "1s", "18446744073709551616"}) {
    EXPECT_FALSE(parse_notify("EXTEND_TIMEOUT_USEC="s + number).extend_timeout) << number;
  }
}

TEST(NotifyMessage, cuts_times_to_what_a_clock_in_nanoseconds_can_add) {
  const auto longest = parse_notify("EXTEND_TIMEOUT_USEC=18446744073709551615").extend_timeout;
  ASSERT_TRUE(longest);
  EXPECT_GT(*longest, std::chrono::years(99));
  EXPECT_GT(std::chrono::nanoseconds(*longest), 0ns);
  EXPECT_EQ(parse_notify("WATCHDOG_USEC=18446744073709551615").watchdog_period, longest);
}

TEST(NotifyMessage, the_first_of_two_counts) {
  EXPECT_EQ(parse_notify("MAINPID=1\nMAINPID=2").main_pid, 1);
  EXPECT_EQ(parse_notify("MAINPID=x\nMAINPID=2").main_pid, 2);
  EXPECT_EQ(parse_notify("STATUS=a\nSTATUS=b").status, "a");
  EXPECT_EQ(parse_notify("WATCHDOG=trigger\nWATCHDOG=1").watchdog, Watchdog::trigger);
  EXPECT_TRUE(parse_notify("READY=0\nREADY=1").ready);
}

TEST(NotifyMessage, a_value_may_hold_equals_signs) {
  EXPECT_EQ(parse_notify("STATUS=a=b=").status, "a=b=");
}

TEST(NotifyMessage, an_empty_status_clears_and_is_not_none) {
  EXPECT_EQ(parse_notify("STATUS=\n").status, "");
  EXPECT_FALSE(parse_notify("READY=1").status);
}

TEST(NotifyMessage, a_status_becomes_utf8_of_bounded_length) {
  EXPECT_EQ(parse_notify("STATUS=a\xff"
                         "b")
                .status,
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(parse_notify("STATUS=" + std::string(60'000, 'x')).status,
            std::string(notify_status_bytes_max, 'x'));
  // Two-byte characters from an odd offset: the limit falls into one of them.
  std::string characters = "x";
  while (characters.size() < 3000) {
    characters += "\xc3\xa9";
  }
  for (const std::string& text : {characters, std::string(3000, '\xff')}) {
    const auto status = parse_notify("STATUS=" + text).status;
    ASSERT_TRUE(status);
    EXPECT_LE(status->size(), notify_status_bytes_max);
    EXPECT_GE(status->size(), notify_status_bytes_max - 3);
    EXPECT_FALSE(text::invalid_utf8(*status));
  }
}

TEST(NotifyMessage, a_nul_is_allowed_at_the_end_only) {
  EXPECT_TRUE(parse_notify("READY=1\0"s).ready);
  EXPECT_TRUE(parse_notify("READY=1\n\0"s).ready);
  EXPECT_EQ(parse_notify("READY=1\0\0"s), NotifyMessage{});
  EXPECT_EQ(parse_notify("STATUS=a\0b\nREADY=1"s), NotifyMessage{});
  EXPECT_EQ(parse_notify("\0"s), NotifyMessage{});
}

TEST(NotifyMessage, a_barrier_stands_alone) {
  EXPECT_EQ(parse_notify("BARRIER=1"), NotifyMessage{.barrier = true});
  EXPECT_EQ(parse_notify("READY=1\nBARRIER=1\nSTATUS=x"), NotifyMessage{.barrier = true});
  EXPECT_EQ(parse_notify("BARRIER=2"), NotifyMessage{});
}

TEST(NotifyMessage, is_bounded) {
  const std::string ready = "READY=1\n";
  EXPECT_TRUE(parse_notify(ready + std::string(notify_bytes_max - ready.size(), 'x')).ready);
  EXPECT_FALSE(parse_notify(ready + std::string(notify_bytes_max, 'x')).ready);
  EXPECT_FALSE(parse_notify(std::string(10'000, '\n') + ready).ready)
      << "so many lines are no message";
}

}  // namespace
}  // namespace tend::service
