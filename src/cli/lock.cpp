// `tend lock`: becomes a command once nobody else holds a name, and holds it until the end of that.

#include <tend/command.hpp>

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/process/beside.hpp"
#include "cli/process/named_lock.hpp"
#include "cli/target.hpp"
#include "os/clock.hpp"
#include "os/procfs.hpp"
#include "service/places.hpp"

namespace tend::cli {

namespace {

constexpr unsigned slots_max = 1000;
constexpr unsigned busy_code_default = 75;  // EX_TEMPFAIL of sysexits.h: try again later.

Outcome<unsigned> number_of(const Invocation& invocation, std::string_view option,
                            unsigned otherwise, unsigned most) {
  const auto given = invocation.value(option);
  if (!given) {
    return otherwise;
  }
  const auto number = parse_integer<unsigned>(*given);
  if (!number || *number < 1 || *number > most) {
    return fail(exit_usage, text::format("lock: --{}: {} is not a number from 1 to {}", option,
                                         text::quoted(*given), most));
  }
  return *number;
}

/// When to give up; nothing: never.
Outcome<std::optional<os::Instant>> deadline_of(const Invocation& invocation) {
  if (invocation.has("try")) {
    return os::Instant{};
  }
  const auto given = invocation.value("timeout");
  if (!given) {
    return std::nullopt;
  }
  const auto duration = parse_duration_or_seconds(*given);
  if (!duration) {
    return fail(exit_usage, "lock: --timeout: " + duration.error().message());
  }
  return os::monotonic_now() + *duration;
}

Outcome<NamedLock> open_lock(const Invocation& invocation, const std::string& name,
                             unsigned slots) {
  if (!is_project_name(name)) {
    return fail(exit_usage,
                text::format("lock: {} is no name: letters, digits and _.@- behind a letter or "
                             "digit, at most 64",
                             text::quoted(name)));
  }
  const service::PlacesEnvironment environment = places_environment(invocation);
  const service::Places places = service::lock_places(environment);
  if (auto made = service::make_runtime_directory(places, environment.uid); !made) {
    return fail(exit_tend_failed, made.error().message());
  }
  auto lock = NamedLock::open(places.runtime_dir, name, slots);
  if (!lock) {
    return fail(exit_tend_failed, lock.error().message());
  }
  return *std::move(lock);
}

std::string busy_message(const std::string& name, const NamedLock& lock) {
  std::string message = text::format("lock {}: is held", name);
  for (const std::string& holder : lock.holders()) {
    message += "\n  by " + text::printable(holder);
  }
  return message;
}

}  // namespace

Outcome<int> run_lock(const Invocation& invocation) {
  const std::string& name = invocation.arguments().front();
  const auto words = command_words(std::span(invocation.arguments()).subspan(1));
  if (words.empty()) {
    return fail(exit_usage, "lock: a command must follow");
  }
  const unsigned slots = TEND_TRY(number_of(invocation, "slots", 1, slots_max));
  const unsigned busy = TEND_TRY(number_of(invocation, "busy-code", busy_code_default, 255));
  const auto deadline = TEND_TRY(deadline_of(invocation));
  NamedLock lock = TEND_TRY(open_lock(invocation, name, slots));
  const std::string holder = text::format("{} {}", os::own_pid(), text::shell_words(words));
  const auto taken = lock.take(holder, deadline);
  if (!taken) {
    return fail(exit_tend_failed, taken.error().message());
  }
  if (!*taken) {
    return fail(static_cast<int>(busy), busy_message(name, lock));
  }
  // From here on the command is who holds it: with its end the descriptor is closed.
  tend::Command command(words.front(), {words.begin() + 1, words.end()});
  command.descriptor(lock.descriptor().get(), lock.descriptor().get());
  return not_started(command.exec());
}

}  // namespace tend::cli
