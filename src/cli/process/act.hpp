#pragma once
// Acting on chosen processes, each on its own: what one of them refuses keeps nobody from the
// others. Everything goes by pidfd to the very process that was looked at.

#include <tend/deadline.hpp>
#include <tend/error.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/process/choice.hpp"

namespace tend {
class ProcessHandle;
}  // namespace tend

namespace tend::cli {

/// One thing that can be done to a process, or to it and everything below it.
struct Deed {
  std::string_view verb{};  ///< For JSON: `signal`, `stop`, `pause`, `resume`.
  std::string signal{};     ///< `SIGTERM`: what is sent first.
  bool is_for_tree = false;

  /// Does it to one. What came of it in words: `sent SIGTERM`.
  std::function<Result<std::string>(const ProcessHandle& process)> one{};

  /// Does it to one and everything below it.
  std::function<Result<std::string>(const ProcessHandle& process)> tree{};
};

/// Does it to all of them, prints what came of each, and gives the exit code: 1 if anything failed
/// or was refused. With --dry-run it only says what it would do; --force overrides refusals where
/// that can be.
Outcome<int> act_on(const Choices& choices, const Deed& deed, const Invocation& invocation);

}  // namespace tend::cli
