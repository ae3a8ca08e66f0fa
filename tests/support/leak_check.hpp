#pragma once
// Proves for each test that it leaves the process as it found it: the same open descriptors, no
// child and no zombie, no orphan, the same signal mask.
//
// What a process-wide helper opens once for all (the reaper's thread, say) is not a leak: open it
// in a testing::Environment, which gtest sets up before the first test starts.

#include <gtest/gtest.h>

#include <memory>

namespace tend::test {

std::unique_ptr<testing::TestEventListener> make_leak_check();

}  // namespace tend::test
