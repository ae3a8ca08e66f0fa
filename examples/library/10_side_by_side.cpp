// Row 10: two operations side by side in processes, while this one goes on. Each is a function in a
// copy of this process; what it returns comes back.
//
// output:
// meanwhile the parent goes on
// 10 primes below 30
// 168 primes below 1000

#include <tend/guarded_fork.hpp>

#include <cstdio>

#include "or_exit.hpp"

namespace {

int primes_below(int limit) {
  int primes = 0;
  for (int number = 2; number < limit; ++number) {
    int divisor = 2;
    while (number % divisor != 0) {
      ++divisor;
    }
    primes += divisor == number ? 1 : 0;
  }
  return primes;
}

}  // namespace

int main() {
  auto few = or_exit(tend::guarded_fork([] { return primes_below(30); }));
  auto many = or_exit(tend::guarded_fork([] { return primes_below(1000); }));
  std::puts("meanwhile the parent goes on");
  std::printf("%d primes below 30\n", or_exit(few.result()));
  std::printf("%d primes below 1000\n", or_exit(many.result()));
}
