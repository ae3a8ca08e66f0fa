#include "bench/support/contest.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace tend::bench {

namespace {

using Clock = std::chrono::steady_clock;

double nanoseconds_each(const Contender& contender, int repetitions) {
  const auto start = Clock::now();
  for (int i = 0; i < repetitions; ++i) {
    contender.once();
  }
  const std::chrono::duration<double, std::nano> taken = Clock::now() - start;
  return taken.count() / repetitions;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// The nanoseconds of every contender in every round: times[contender][round].
std::vector<std::vector<double>> measure(const Contest& contest) {
  const std::size_t count = contest.contenders.size();
  std::vector<std::vector<double>> times(count);
  for (const Contender& contender : contest.contenders) {
    nanoseconds_each(contender, contest.repetitions);
  }
  for (int round = 0; round < contest.rounds; ++round) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t turn = round % 2 == 0 ? i : count - 1 - i;
      times[turn].push_back(nanoseconds_each(contest.contenders[turn], contest.repetitions));
    }
  }
  return times;
}

}  // namespace

void pin_to_one_processor() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  for (std::size_t cpu = CPU_SETSIZE; cpu-- > 0;) {
    if (CPU_ISSET(cpu, &allowed)) {
      CPU_ZERO(&allowed);
      CPU_SET(cpu, &allowed);
      sched_setaffinity(0, sizeof allowed, &allowed);
      break;
    }
  }
  setpriority(PRIO_PROCESS, 0, -10);
}

bool run(const Contest& contest) {
  const auto times = measure(contest);
  bool all_met = true;
  std::printf("\n%s\n", contest.name.c_str());
  for (std::size_t i = 0; i < times.size(); ++i) {
    const Contender& contender = contest.contenders[i];
    std::vector<double> ratios;
    for (std::size_t round = 0; round < times[i].size(); ++round) {
      ratios.push_back(times[i][round] / times[0][round]);
    }
    const double ratio = median(ratios);
    std::printf("  %-26s %9.1f us  x%.3f", contender.name.c_str(), median(times[i]) / 1000, ratio);
    if (contender.target > 0) {
      const bool is_met = ratio <= contender.target;
      std::printf("  target x%.2f %s", contender.target, is_met ? "met" : "MISSED");
      all_met = all_met && is_met;
    }
    std::printf("\n");
  }
  std::fflush(stdout);
  return all_met;
}

}  // namespace tend::bench
