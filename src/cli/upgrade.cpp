// `tend upgrade`: a running project goes on as this version of tend.

#include <chrono>

#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "os/clock.hpp"
#include "os/own_program.hpp"
#include "os/pidfd.hpp"
#include "service/launch.hpp"
#include "service/upgrade.hpp"

namespace tend::cli {

namespace {

using std::chrono::seconds;

constexpr seconds answer_timeout{15};
constexpr seconds done_timeout{10};
constexpr std::chrono::milliseconds look_pause{5};

/// Until the keeper says that it is the new program.
Outcome<void> wait_until_upgraded(const Target& target, const os::Fd& keeper,
                                  std::uint32_t before) {
  const os::Instant deadline = os::monotonic_now() + done_timeout;
  while (TEND_TRY(service::upgrades_of(target.places)) == before) {
    if (TEND_TRY(os::wait_for_exit(keeper, os::monotonic_now() + look_pause))) {
      return fail(exit_failed, text::format("the keeper of {} ended during the upgrade; `tend up` "
                                            "takes over what it left",
                                            target.name));
    }
    if (os::monotonic_now() > deadline) {
      return fail(exit_failed,
                  text::format("{} has not become the new program; `tend status` shows "
                               "what runs",
                               target.name));
    }
  }
  return {};
}

}  // namespace

Outcome<int> run_upgrade(const Invocation& invocation) {
  const Target target = TEND_TRY(find_target(invocation));
  const service::Running running = TEND_TRY(service::look_at(target.places));
  if (running.keeper_pid == 0) {
    return fail(exit_not_running, running.left_behind.empty()
                                      ? text::format("{} is not running", target.name)
                                      : left_behind_text(target, running));
  }
  const std::string keeper = TEND_TRY(service::find_keeper());
  TEND_TRY(service::check_upgrade(target.places, keeper));
  // An exec changes the program and not the process, so this stays its keeper.
  const os::Fd keeper_process =
      TEND_TRY(os::open_pidfd(static_cast<std::int32_t>(running.keeper_pid)));
  const std::uint32_t before = TEND_TRY(service::upgrades_of(target.places));
  const service::Conversation conversation{
      .socket_path = target.places.control_socket(),
      .request = {.verb = service::Verb::upgrade, .tend = os::own_program_path(), .keeper = keeper},
      .deadline = os::monotonic_now() + answer_timeout};
  const auto done = service::converse(conversation, [](const service::Reply&) {});
  if (!done && !service::is_not_running(done.error())) {
    return std::unexpected(Failure(done.error()));
  }
  if (done && *done && (*done)->code != 0) {
    return fail(exit_failed, text::printable((*done)->message) + "; the running one goes on");
  }
  TEND_TRY(wait_until_upgraded(target, keeper_process, before));
  const Snapshot now = TEND_TRY(ask_status(target, {}));
  Output out(invocation);
  out.line(text::format("{} goes on as tend {}: keeper {}, director {}, recorder {}", target.name,
                        TEND_VERSION, now.project.keeper_pid, now.project.director_pid,
                        now.project.recorder_pid));
  return out.finish(0);
}

}  // namespace tend::cli
