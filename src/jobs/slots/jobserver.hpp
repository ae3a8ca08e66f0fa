#pragma once
// JobserverClient: tend run as a good citizen below make -jN. One job runs on the token that make
// gave us by starting us; each further one needs a byte out of the jobserver's pipe, and exactly
// that byte goes back when it has ended, whatever happens to us.

#include <tend/error.hpp>

#include <optional>
#include <vector>

#include "jobs/slots/makeflags.hpp"
#include "os/fd.hpp"

namespace tend::jobs {

class JobserverClient {
 public:
  /// Errors: the descriptors are not there, because the recipe lacks its `+`; the fifo is gone.
  static Result<JobserverClient> open(const JobserverAddress& address);

  JobserverClient(JobserverClient&&) noexcept = default;
  JobserverClient& operator=(JobserverClient&& other) noexcept;
  JobserverClient(const JobserverClient&) = delete;
  JobserverClient& operator=(const JobserverClient&) = delete;

  /// Gives every token back.
  ~JobserverClient();

  /// A token for one more job besides the first, if there is one now; never waits.
  Result<bool> try_take();

  /// Gives the token back that was taken last.
  void give_back();

  /// How many tokens are ours besides the one that we were started with.
  [[nodiscard]] std::size_t held() const { return tokens_.size(); }

  /// Readable when try_take() is worth another try.
  [[nodiscard]] const os::Fd& descriptor() const { return read_end_; }

 private:
  JobserverClient(os::Fd read_end, os::Fd write_end)
      : read_end_(std::move(read_end)), write_end_(std::move(write_end)) {}

  os::Fd read_end_;
  os::Fd write_end_;
  std::vector<char> tokens_{};
};

}  // namespace tend::jobs
