// main() of every test binary: the tests run in a child of the watchdog, and each of them is
// checked for leaked descriptors and children.

#include "support/leak_check.hpp"
#include "support/watchdog.hpp"

#include <gtest/gtest.h>

#include <memory>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (testing::GTEST_FLAG(list_tests)) {
    return RUN_ALL_TESTS();
  }
  tend::test::run_under_watchdog();
  testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
  listeners.Append(tend::test::make_watchdog_listener().release());
  listeners.Append(tend::test::make_leak_check().release());
  return RUN_ALL_TESTS();
}
