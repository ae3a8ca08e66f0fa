#pragma once
// TokenChannel: the tokens that one job may take, in the form in which make, cargo and ninja expect
// them (GNU make manual, POSIX Jobserver): bytes in a pipe, each good for one more command at the
// same time, to be written back when that has ended.

#include <tend/error.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "jobs/backend.hpp"
#include "jobs/slots/makeflags.hpp"
#include "jobs/slots/token_shares.hpp"
#include "os/fd.hpp"
#include "os/pipe.hpp"

namespace tend::jobs {

enum class TokenForm : std::uint8_t {
  pipe,  ///< Two inherited descriptors: every make, and cargo.
  fifo,  ///< A name: make from 4.4 on, ninja from 1.13 on, and cargo.
};

class TokenChannel {
 public:
  /// An empty one. `directory`: where the name of a fifo is made. Errors: no descriptors, no /proc
  /// (pipe), or the directory is not writable (fifo).
  static Result<TokenChannel> make(TokenForm form, const std::string& directory);

  TokenChannel(TokenChannel&& other) noexcept = default;
  TokenChannel& operator=(TokenChannel&& other) noexcept;
  TokenChannel(const TokenChannel&) = delete;
  TokenChannel& operator=(const TokenChannel&) = delete;

  /// The fifo's name is gone; whoever has it open keeps what is in it.
  ~TokenChannel();

  /// What MAKEFLAGS of the job says.
  [[nodiscard]] JobserverAddress address() const;

  /// What the job has to get.
  [[nodiscard]] std::vector<SharedDescriptor> descriptors() const;

  /// As it is now. A job that gives back more than it got gains nothing by it.
  [[nodiscard]] TokenHolding holding() const;

  /// Tokens that are in it or were taken out of it by the job.
  [[nodiscard]] unsigned given() const { return given_; }

  void give(unsigned tokens);

  /// So many of those that lie there; fewer if the job was faster.
  void take_back(unsigned tokens);

 private:
  TokenChannel(os::Fd ours, os::Pipe theirs, std::string path)
      : ours_(std::move(ours)), theirs_(std::move(theirs)), path_(std::move(path)) {}

  os::Fd ours_;       ///< For both directions, and never waits.
  os::Pipe theirs_;   ///< Of a pipe.
  std::string path_;  ///< Of a fifo.
  unsigned given_ = 0;
};

}  // namespace tend::jobs
