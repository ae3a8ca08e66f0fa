#include "jobs/slots/token_shares.hpp"

#include <algorithm>
#include <cstddef>

namespace tend::jobs {

unsigned free_tokens(unsigned slots, std::span<const TokenHolding> jobs) {
  std::size_t used = jobs.size();
  for (const TokenHolding& job : jobs) {
    used += job.given - std::min(job.given, job.unclaimed);
  }
  return used < slots ? static_cast<unsigned>(slots - used) : 0;
}

std::vector<unsigned> token_shares(unsigned tokens, std::span<const TokenHolding> jobs) {
  std::vector<unsigned> shares(jobs.size());
  if (jobs.empty()) {
    return shares;
  }
  // Those with an empty pipe stand first, each part in the order of the jobs.
  std::vector<std::size_t> order;
  for (const bool is_hungry : {true, false}) {
    for (std::size_t at = 0; at < jobs.size(); ++at) {
      if ((jobs[at].unclaimed == 0) == is_hungry) {
        order.push_back(at);
      }
    }
  }
  const auto hungry = static_cast<unsigned>(std::ranges::count(jobs, 0U, &TokenHolding::unclaimed));
  // One for each; of the rest nothing for those who have not even taken the first one.
  const std::size_t eager = hungry > 0 ? hungry : order.size();
  for (std::size_t at = 0; at < order.size() && tokens > 0; ++at, --tokens) {
    ++shares[order[at]];
  }
  for (std::size_t at = 0; tokens > 0; ++at, --tokens) {
    ++shares[order[at % eager]];
  }
  return shares;
}

}  // namespace tend::jobs
