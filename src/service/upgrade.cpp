#include "service/upgrade.hpp"

#include <fcntl.h>

#include <chrono>
#include <csignal>

#include "base/try.hpp"
#include "os/environment.hpp"
#include "os/files.hpp"
#include "os/pidfd.hpp"
#include "os/spawn.hpp"
#include "service/keeper/keeper_protocol.hpp"
#include "service/keeper/state_view.hpp"
#include "service/state_file.hpp"

namespace tend::service {

namespace {

constexpr std::chrono::seconds check_within{5};

Result<StateFile> open_state(const Places& places) {
  return StateFile::open_at(TEND_TRY(os::open_directory(places.runtime_dir)), "state");
}

std::unexpected<Error> unfit(const std::string& keeper, const std::string& why) {
  return refused("upgrade to", keeper, why + "; the running one goes on");
}

}  // namespace

Result<> check_upgrade(const Places& places, const std::string& keeper) {
  const StateFile state = TEND_TRY(open_state(places));
  TEND_TRY(state.project());
  const os::Fd nothing = TEND_TRY(os::open_file("/dev/null", O_RDWR));
  constexpr int state_number = 3;
  const os::SpawnOptions options{.program = keeper,
                                 .arguments = {"tend-keeper", "check", std::to_string(state_number),
                                               std::to_string(keeper::upgrade_version)},
                                 .environment = os::own_environment(),
                                 .directory = "/",
                                 .descriptors = {{nothing.get(), 0},
                                                 {nothing.get(), 1},
                                                 {nothing.get(), 2},
                                                 {state.fd().get(), state_number}}};
  const auto spawned = os::spawn(options);
  if (!spawned) {
    return unfit(keeper, spawned.error().message());
  }
  if (!TEND_TRY(os::wait_for_exit(spawned->pidfd, os::monotonic_now() + check_within))) {
    static_cast<void>(os::send_signal(spawned->pidfd, SIGKILL));
    static_cast<void>(os::reap(spawned->pidfd, os::Waiting::yes));
    return unfit(keeper, "it does not answer");
  }
  const auto reaped = TEND_TRY(os::reap(spawned->pidfd, os::Waiting::yes));
  if (!reaped || reaped->status.code() != keeper::upgrade_check_passed) {
    return unfit(keeper, "it cannot take over this project (" +
                             (reaped ? reaped->status.description() : std::string("no status")) +
                             "); it is broken, or of another version");
  }
  return {};
}

Result<std::uint32_t> upgrades_of(const Places& places) {
  return load_shared(TEND_TRY(open_state(places)).header().keeper.upgrades);
}

}  // namespace tend::service
