#include "base/signal_table.hpp"

#include <gtest/gtest.h>
#include <tend/signal.hpp>

#include <csignal>
#include <cstring>

namespace tend {
namespace {

TEST(SignalTable, agrees_with_libc_on_every_name) {
  int expected = 1;
  for (const base::SignalInfo& signal : base::signal_table()) {
    EXPECT_EQ(signal.number, expected++);
    const char* name = ::sigabbrev_np(signal.number);
    ASSERT_NE(name, nullptr);
    // libc calls 29 POLL, which is the same.
    EXPECT_EQ(signal_number(name), signal.number) << name;
  }
  EXPECT_EQ(expected, 32);
}

TEST(SignalTable, only_kill_and_stop_cannot_be_caught) {
  for (const base::SignalInfo& signal : base::signal_table()) {
    EXPECT_EQ(signal.can_be_caught, signal.number != SIGKILL && signal.number != SIGSTOP);
  }
}

TEST(SignalNames, are_understood_in_every_usual_form) {
  for (const char* name : {"TERM", "SIGTERM", "term", "sigterm", "15"}) {
    EXPECT_EQ(signal_number(name), SIGTERM) << name;
  }
  EXPECT_EQ(signal_number("RTMIN"), SIGRTMIN);
  EXPECT_EQ(signal_number("SIGRTMIN+3"), SIGRTMIN + 3);
  EXPECT_EQ(signal_number("RTMAX-1"), SIGRTMAX - 1);
  for (const char* name : {"", "NOPE", "0", "65", "-1", "RTMIN+99", "RTMAX+1", "RTMIN-1", "15x"}) {
    EXPECT_EQ(signal_number(name), std::nullopt) << name;
  }
}

TEST(SignalNames, read_back_what_they_say) {
  for (int number = 1; number <= 31; ++number) {
    EXPECT_EQ(signal_number(signal_name(number)), number);
  }
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) {
    EXPECT_EQ(signal_number(signal_name(number)), number);
  }
  EXPECT_EQ(signal_name(99), "signal 99");
}

}  // namespace
}  // namespace tend
