#pragma once
// Family: which of the processes below us belong to which attempt. We adopt orphans
// (os/orphans.hpp), so whatever a job starts stays below us, also what made a session of its own
// and lost its parent. Such an orphan is known by the session of its leader, else by the variables
// that each job was given in its environment.

#include <tend/error.hpp>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "jobs/backend.hpp"

namespace tend::jobs {

/// A job's own process, which leads a session. It is not reaped.
struct Leader {
  AttemptId id{};
  std::int32_t pid = 0;
  std::uint64_t sequence = 0;
  unsigned attempt = 0;
};

/// A living process below a leader.
struct Member {
  std::int32_t pid = 0;
  std::uint64_t start_ticks = 0;
};

/// Members by the attempt that they belong to; leaders are not among them.
using Members = std::map<AttemptId, std::vector<Member>>;

/// The environment of an attempt: how it is known, and what it may want to know.
[[nodiscard]] std::vector<std::string> family_variables(const std::string& token,
                                                        const Leader& leader, unsigned slot);

/// One look at all processes below us. Who is born meanwhile is found by the next.
[[nodiscard]] Members look_at_family(const std::string& token, std::span<const Leader> leaders);

/// Sends the signal to the leader's whole process group and to each member that is still the
/// process that was looked at, and SIGCONT after it, because a stopped process acts on nothing else
/// (not after SIGKILL and SIGSTOP, of course).
void signal_family(const Leader& leader, std::span<const Member> members, int signal);

}  // namespace tend::jobs
