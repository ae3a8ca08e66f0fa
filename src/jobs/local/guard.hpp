#pragma once
// Guard: a small process beside us that ends our jobs, with all they started, when we are killed
// and cannot do it ourselves. It is a copy of this process made early, knows the jobs that run
// through memory that both share, and sleeps in read(2) on a pipe of ours until that breaks.
//
// If both are killed at once, only the jobs' own processes are certain to die (they ask the kernel
// for it: PR_SET_PDEATHSIG, prctl(2)).

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "os/fd.hpp"
#include "os/shared_numbers.hpp"

namespace tend::jobs {

class Guard {
 public:
  /// `token` is TEND_RUN of the jobs. Before threads are started, and while memory is small: the
  /// copy keeps what it gets.
  static Result<std::unique_ptr<Guard>> start(const std::string& token);

  /// Sends it home: what runs now is left alone.
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  /// Notes the process that leads the job of a slot (from 1); 0: none. Slots beyond the table are
  /// found by their environment alone.
  void note(unsigned slot, std::int32_t leader) noexcept;

 private:
  Guard(os::Fd lifeline, os::Fd pidfd, os::SharedNumbers leaders)
      : lifeline_(std::move(lifeline)), pidfd_(std::move(pidfd)), leaders_(std::move(leaders)) {}

  os::Fd lifeline_;
  os::Fd pidfd_;
  os::SharedNumbers leaders_;
};

}  // namespace tend::jobs
