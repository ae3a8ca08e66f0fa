#pragma once
// The watchdog around a test binary: a parent process that lets no test run for ever, says which
// one hung and where, and takes the whole tree of processes down with it. It is a subreaper, so
// that a process that a test orphans stays in sight.
//
// TEND_TEST_WATCHDOG_S sets the seconds that one test may take (60 by default); 0 turns the
// watchdog off, for debuggers. A process and not a thread, because some tests must be
// single-threaded; not an alarm, because some tests play with signals.

#include <gtest/gtest.h>

#include <memory>

namespace tend::test {

/// Forks. Returns in the child, which runs the tests; the parent watches and ends with its status.
void run_under_watchdog();

/// Tells the watchdog which test runs, and gives each test the whole time.
std::unique_ptr<testing::TestEventListener> make_watchdog_listener();

}  // namespace tend::test
