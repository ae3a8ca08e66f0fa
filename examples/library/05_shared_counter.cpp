// Row 5: a counter that several threads share, exact and inexact. The inexact one reads, adds and
// writes in three steps; here both threads always read before either writes, which happens by
// chance in real programs. It runs in a copy of this process, where a mistake costs nothing.
//
// output:
// two threads, 1000 additions each
// exact:   2000
// inexact: 1000, and 1000 additions are lost
// the list is in the thread now, and gone here: yes
// the thread added it up: 6

#include <tend/guarded_fork.hpp>
#include <tend/thread.hpp>

#include <atomic>
#include <barrier>
#include <cstdio>
#include <memory>
#include <numeric>
#include <vector>

#include "or_exit.hpp"

namespace {

constexpr int additions = 1000;

int count_exactly() {
  std::atomic<int> counter = 0;
  const auto work = [&counter] {
    for (int i = 0; i < additions; ++i) {
      ++counter;
    }
  };
  auto first = or_exit(tend::start_thread({.name = "first"}, work));
  auto second = or_exit(tend::start_thread({.name = "second"}, work));
  or_exit(first.join());
  or_exit(second.join());
  return counter;
}

int count_inexactly() {
  std::atomic<int> counter = 0;  // Each step is atomic, the three together are not.
  std::barrier together(2);
  const auto work = [&] {
    for (int i = 0; i < additions; ++i) {
      const int seen = counter;
      together.arrive_and_wait();
      counter = seen + 1;
      together.arrive_and_wait();
    }
  };
  auto other = or_exit(tend::start_thread({.name = "other"}, work));
  work();
  or_exit(other.join());
  return counter;
}

}  // namespace

int main() {
  std::printf("two threads, %d additions each\nexact:   %d\n", additions, count_exactly());
  const int inexact = or_exit(tend::run_in_copy(count_inexactly));
  std::printf("inexact: %d, and %d additions are lost\n", inexact, 2 * additions - inexact);
  auto list = std::make_unique<std::vector<int>>(3, 2);  // 2, 2, 2
  auto sum = or_exit(tend::start_thread(
      {}, [list = std::move(list)] { return std::accumulate(list->begin(), list->end(), 0); }));
  std::printf("the list is in the thread now, and gone here: %s\n", list == nullptr ? "yes" : "no");
  std::printf("the thread added it up: %d\n", or_exit(sum.join()));
}
