#pragma once
// Output: what Command::capture() brings back.

#include <tend/error.hpp>
#include <tend/exit_status.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace tend {

/// Where output goes as it comes, instead of being collected. Called by the thread that waits, with
/// what was read, and with nothing at the end of the stream. See by_line() for whole lines.
struct OutputSinks {
  std::function<void(std::string_view)> out{};  ///< Nothing: collected.
  std::function<void(std::string_view)> err{};
};

/// The end of a child, and what it wrote until then.
struct Output {
  std::string program{};  ///< Whose output this is, for messages.
  ExitStatus status = ExitStatus::exited(0);
  std::string out{};  ///< Byte for byte; empty where the stream went somewhere else.
  std::string err{};

  /// The deadline passed, and the tree was stopped by its ladder; the output is what came until
  /// then.
  bool timed_out = false;

  /// Both streams were read to their end. False: somebody below the child still held one of them
  /// when the deadline or the linger time after the child's end was over.
  bool is_complete = true;

  /// More came than the output limit; see OverLimit.
  bool is_cut = false;

  /// The output if the child exited with 0 in time; an error that says how it ended otherwise, with
  /// the last line of its stderr.
  [[nodiscard]] Result<Output> checked() &&;
};

}  // namespace tend
