// The verbs of Command, and what can be asked of an Output.

#include <tend/command.hpp>

#include <cerrno>
#include <string_view>
#include <utility>

#include "base/try.hpp"
#include "os/replace_process.hpp"
#include "os/spawn_detached.hpp"
#include "process/last_line.hpp"
#include "process/launch.hpp"
#include "process/run.hpp"
#include "process/spawn_request.hpp"

namespace tend {

namespace {

std::string_view input_of(const Command::Wishes& wishes) {
  return wishes.input ? std::string_view(*wishes.input) : std::string_view();
}

}  // namespace

Result<Child> Command::spawn() const {
  return Child(TEND_TRY(process::launch(wishes_, process::Verb::spawn)));
}

Result<ExitStatus> Command::status() const {
  const auto child = TEND_TRY(process::launch(wishes_, process::Verb::status));
  const Output output = TEND_TRY(process::run_to_end(*child, input_of(wishes_)));
  if (output.timed_out) {
    return std::unexpected(Error{.step = "wait",
                                 .subject = wishes_.program,
                                 .code = ETIMEDOUT,
                                 .detail = output.status.description() + " at its deadline"});
  }
  if (wishes_.is_checked && !output.status.success()) {
    return refused("run", wishes_.program, output.status.description());
  }
  return output.status;
}

Result<Output> Command::capture() const {
  const auto child = TEND_TRY(process::launch(wishes_, process::Verb::capture));
  Output output = TEND_TRY(process::run_to_end(*child, input_of(wishes_)));
  return wishes_.is_checked ? std::move(output).checked() : std::move(output);
}

Error Command::exec() const {
  auto request = process::SpawnRequest::make(wishes_, process::Verb::exec);
  return request ? os::replace_process(request->options()) : std::move(request).error();
}

Result<Detached> Command::detach() const {
  auto request = TEND_TRY(process::SpawnRequest::make(wishes_, process::Verb::detach));
  return os::spawn_detached(request.options());
}

Result<Output> Output::checked() && {
  if (status.success() && !timed_out) {
    return std::move(*this);
  }
  const std::string why = process::last_line(err);
  std::string detail = timed_out ? status.description() + " at its deadline" : status.description();
  if (!why.empty()) {
    detail += ": " + why;
  }
  return refused("run", program, std::move(detail));
}

}  // namespace tend
