// Row 12: waits for one of a set of signals, with a timeout; and alarms that are disarmed however
// their scope is left.
//
// output:
// nothing came in time
// SIGUSR2 from process <pid> of user <n> (kill)
// the alarm expired before any signal: yes
// an exception left the scope of an alarm, which never rang: yes

#include <tend/alarm.hpp>
#include <tend/signal_wait.hpp>

#include <poll.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <stdexcept>

#include "or_exit.hpp"

namespace {

using namespace std::chrono_literals;

std::atomic<bool> has_rung = false;

void fail_under_an_alarm() {
  const auto alarm = or_exit(tend::CallAlarm::after(1h, [] { has_rung = true; }));
  throw std::runtime_error("left early");
}

}  // namespace

int main() {
  const tend::SignalSet signals{SIGUSR1, SIGUSR2};
  const auto blocked = tend::ScopedSignalMask::block(signals);
  const auto none = or_exit(tend::wait_for_signal(signals, 10ms));
  std::puts(none ? "something came" : "nothing came in time");

  ::kill(::getpid(), SIGUSR2);
  const auto arrived = or_exit(tend::wait_for_signal(signals, 20s));
  std::puts(arrived ? arrived->description().c_str() : "nothing came");

  // The same in a loop that waits for descriptors: signals and alarms are things to poll.
  const auto source = or_exit(tend::SignalSource::open(signals));
  const auto alarm = or_exit(tend::Alarm::after(10ms));
  std::array<pollfd, 2> wanted{{{source.fd().get(), POLLIN, 0}, {alarm.fd().get(), POLLIN, 0}}};
  ::poll(wanted.data(), wanted.size(), -1);
  const bool is_alarm = wanted[0].revents == 0 && wanted[1].revents != 0;
  std::printf("the alarm expired before any signal: %s\n", is_alarm ? "yes" : "no");

  try {
    fail_under_an_alarm();
  } catch (const std::runtime_error&) {
    std::printf("an exception left the scope of an alarm, which never rang: %s\n",
                has_rung ? "no" : "yes");
  }
}
