// tend: one program under three names. As `tend` it is the command line; as `tend-director` and
// `tend-recorder` it is what the keeper starts beside itself.

#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/number.hpp"
#include "base/text.hpp"
#include "cli/colour.hpp"
#include "cli/commands.hpp"
#include "cli/help_text.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/share.hpp"
#include "cli/worker.hpp"
#include "os/signals.hpp"
#include "os/standard_streams.hpp"
#include "service/director/director.hpp"
#include "service/keeper/keeper_protocol.hpp"
#include "service/recorder/recorder.hpp"

namespace tend::cli {

namespace {

Outcome<int> print(const Invocation& invocation, const std::string& text) {
  Output out(invocation);
  out.raw(text);
  return out.finish(0);
}

Outcome<int> run_command(const std::vector<std::string>& words) {
  const Outcome<Invocation> parsed = parse(words);
  if (!parsed) {
    return std::unexpected(parsed.error());
  }
  const std::string when = parsed->value("color").value_or("auto");
  if (!colour_when(when)) {
    return fail(exit_usage, text::format("--color={}: not one of auto, always, never", when));
  }
  const Command* command = parsed->command();
  if (parsed->has("help")) {
    return print(*parsed, command == nullptr ? overview_help() : command_help(*command));
  }
  if (parsed->has("version")) {
    return print(*parsed, "tend " TEND_VERSION "\n");
  }
  if (command == nullptr) {
    tell(overview_help());
    return exit_usage;
  }
  return command->run(*parsed);
}

/// A command of the table, or what tend starts elsewhere for itself.
Outcome<int> run_words(const std::vector<std::string>& words) {
  if (words.size() == 1 && words.front() == worker_word) {
    return run_worker();
  }
  if (!words.empty() && words.front() == share_word) {
    return run_share(std::span(words).subspan(1));
  }
  return run_command(words);
}

int run(const std::vector<std::string>& words) {
  // A reader that goes away is an error of the write, which output.cpp notices.
  if (const auto ignored = os::ignore_write_signals(); !ignored) {
    complain(ignored.error().message());
    return exit_tend_failed;
  }
  try {
    const Outcome<int> outcome = run_words(words);
    if (outcome) {
      return *outcome;
    }
    if (!outcome.error().message.empty()) {
      complain(outcome.error().message);
    }
    return outcome.error().code;
  } catch (const std::exception& error) {
    complain(error.what());
    return exit_tend_failed;
  }
}

/// `tend-director STATE_FD SOCKET_FD`, and the recorder likewise.
int run_helper(int (*helper)(int, int), const std::vector<std::string>& words) {
  const auto state = words.size() == 2 ? parse_integer<int>(words[0]) : std::nullopt;
  const auto socket = words.size() == 2 ? parse_integer<int>(words[1]) : std::nullopt;
  if (!state || !socket) {
    complain("this name is for the keeper, which gives two descriptors; did you mean `tend`?");
    return exit_usage;
  }
  return helper(*state, *socket);
}

}  // namespace

}  // namespace tend::cli

int main(int argc, char** argv) {
  using namespace tend;
  const auto reopened = os::reopen_closed_streams();
  if (!reopened) {
    cli::complain(reopened.error().message());
    return cli::exit_tend_failed;
  }
  if (os::has_raised_rights()) {
    cli::complain("refusing to run with raised rights (set-uid, set-gid or file capabilities)");
    return cli::exit_tend_failed;
  }
  const std::string_view path = argc > 0 ? argv[0] : "tend";
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (name == service::keeper::director_name) {
    return cli::run_helper(service::director_main, words);
  }
  if (name == service::keeper::recorder_name) {
    return cli::run_helper(service::recorder_main, words);
  }
  return cli::run(words);
}
