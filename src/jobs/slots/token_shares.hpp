#pragma once
// How the slots that nobody uses are shared among jobs that could use them. Pure. Each job has a
// pipe of its own with tokens in it: so what it has taken is known, and comes back when it ends,
// however it ends.

#include <span>
#include <vector>

namespace tend::jobs {

/// The tokens of one job besides the slot that it runs in.
struct TokenHolding {
  unsigned given = 0;      ///< Put into its pipe and not taken back.
  unsigned unclaimed = 0;  ///< Of those, what lies there still: nobody has taken it.
};

/// How many of the slots are free: neither a job runs in them, nor has a job taken their token.
[[nodiscard]] unsigned free_tokens(unsigned slots, std::span<const TokenHolding> jobs);

/// How many tokens are to lie in the pipe of each job, `tokens` in all. Who has emptied its pipe
/// may want more, so it is served first; what is left over goes to the others.
[[nodiscard]] std::vector<unsigned> token_shares(unsigned tokens,
                                                 std::span<const TokenHolding> jobs);

}  // namespace tend::jobs
