#pragma once
// Running children to their end: feeding input, collecting output, and ending their whole trees
// when the deadline passes. The shell around Drain and TreeStop.

#include <tend/command.hpp>
#include <tend/error.hpp>
#include <tend/output.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/clock.hpp"
#include "os/fd.hpp"
#include "process/child_state.hpp"

namespace tend::process {

/// A stream that is read; where it goes.
struct Source {
  Fd* end = nullptr;                             ///< Closed at its end. Not open: nothing is read.
  std::function<void(std::string_view)> sink{};  ///< Nothing: it is collected.
};

/// Children that belong together, and the streams between them and us.
struct Group {
  std::string name{};  ///< For errors.
  std::vector<Child::State*> children{};
  Fd* in = nullptr;
  std::string_view input{};
  std::vector<Source> sources{};
  RunLimits limits{};
};

struct Collected {
  std::vector<std::string> texts{};  ///< One for each source.
  bool timed_out = false;
  bool is_complete = true;
  bool is_cut = false;
};

/// When it returns, every child has ended. ETIMEDOUT: some process could not even be killed.
Result<Collected> run_to_end(Group group);

/// The same for one child; with its status.
Result<Output> run_to_end(Child::State& child, std::string_view input, OutputSinks sinks = {});

}  // namespace tend::process
