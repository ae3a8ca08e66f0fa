#pragma once
// JobSource: the jobs of a run, one after the other, read only as far as they are asked for. It
// never waits: where the input has nothing yet, it says which descriptor to wait for, so that the
// runner's event loop can serve its running jobs meanwhile.

#include <tend/error.hpp>

#include <cstdint>
#include <optional>
#include <variant>

#include "jobs/job.hpp"
#include "os/fd.hpp"

namespace tend::jobs {

/// The input has nothing at the moment. Ask again when the descriptor is readable or has hung up;
/// it belongs to the source, and is a pipe, a socket or a terminal, which epoll(7) takes.
struct WaitForInput {
  const os::Fd* descriptor = nullptr;
};

struct NoMoreJobs {};

using NextJob = std::variant<Job, WaitForInput, NoMoreJobs>;

class JobSource {
 public:
  virtual ~JobSource() = default;

  /// The next job, without ever waiting for the input. An error (a file that cannot be read, a
  /// table that is malformed) ends the input: after it, as after NoMoreJobs, comes NoMoreJobs.
  [[nodiscard]] virtual Result<NextJob> next() = 0;

  /// How many jobs there will be in all, where that is known before the end of the input.
  [[nodiscard]] virtual std::optional<std::uint64_t> total() const = 0;

 protected:
  JobSource() = default;
  JobSource(const JobSource&) = default;
  JobSource(JobSource&&) = default;
  JobSource& operator=(const JobSource&) = default;
  JobSource& operator=(JobSource&&) = default;
};

}  // namespace tend::jobs
