#include <gtest/gtest.h>
#include <tend/signal.hpp>
#include <tend/signal_table.hpp>

#include <csignal>
#include <cstring>
#include <string>

namespace tend {
namespace {

TEST(SignalTable, has_every_number_once_and_agrees_with_libc_on_every_name) {
  int expected = 1;
  for (const SignalDescription& signal : signal_table()) {
    ASSERT_EQ(signal.number, expected++);
    EXPECT_FALSE(signal.meaning.empty());
    if (signal.number < 32) {
      const char* name = ::sigabbrev_np(signal.number);
      ASSERT_NE(name, nullptr);
      // libc calls 29 POLL, which is the same.
      EXPECT_EQ(signal_number(name), signal.number) << name;
    }
  }
  EXPECT_EQ(expected, signal_max + 1);
  EXPECT_EQ(realtime_signal_min, SIGRTMIN);
  EXPECT_EQ(realtime_signal_max, SIGRTMAX);
}

TEST(SignalTable, only_kill_and_stop_cannot_be_caught) {
  for (const SignalDescription& signal : signal_table()) {
    EXPECT_EQ(signal.can_be_caught, signal.number != SIGKILL && signal.number != SIGSTOP);
  }
}

TEST(SignalTable, names_of_real_time_signals_count_from_the_first) {
  for (const SignalDescription& signal : signal_table()) {
    if (signal.number > SIGRTMIN) {
      EXPECT_EQ(signal.name, "RTMIN+" + std::to_string(signal.number - SIGRTMIN));
      EXPECT_EQ(signal.action, DefaultAction::terminate);
    }
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
  EXPECT_EQ(signal_name(32), "signal 32");
}

TEST(SignalNames, know_the_other_names_of_a_signal) {
  EXPECT_EQ(signal_number("IOT"), SIGABRT);
  EXPECT_EQ(signal_number("SIGCLD"), SIGCHLD);
  EXPECT_EQ(signal_number("poll"), SIGIO);
  EXPECT_EQ(signal_number("SIG"), std::nullopt);
}

TEST(SignalSets, are_united_cut_and_compared) {
  constexpr SignalSet some{SIGINT, SIGTERM};
  constexpr SignalSet more{SIGTERM, SIGHUP};
  EXPECT_EQ(some | more, (SignalSet{SIGHUP, SIGINT, SIGTERM}));
  EXPECT_EQ(some & more, SignalSet{SIGTERM});
  EXPECT_EQ(some - more, SignalSet{SIGINT});
  EXPECT_EQ(~SignalSet::all(), SignalSet());
  EXPECT_TRUE((some | more).contains_all(some));
  EXPECT_FALSE(some.contains_all(more));
  EXPECT_EQ(some.size(), 2);
  EXPECT_EQ((SignalSet{64, 1, 32}.numbers()), (std::vector<int>{1, 32, 64}));
}

TEST(SignalSets, read_back_what_they_say) {
  for (const SignalSet set : {SignalSet(), SignalSet::all(), SignalSet{SIGINT, SIGTERM},
                              SignalSet{32, SIGRTMIN + 4, 64}, ~SignalSet{SIGKILL, SIGSTOP}}) {
    EXPECT_EQ(SignalSet::parse(set.description()).value(), set) << set.description();
  }
  EXPECT_EQ((SignalSet{SIGTERM, SIGINT}.description()), "SIGINT SIGTERM");
  EXPECT_EQ(SignalSet::parse(" term,INT  15 ,").value(), (SignalSet{SIGINT, SIGTERM}));
}

TEST(SignalSets, name_the_word_that_is_no_signal) {
  EXPECT_EQ(SignalSet::parse("TERM, TREM").error().message(),
            "read TREM: not the name of a signal");
}

}  // namespace
}  // namespace tend
