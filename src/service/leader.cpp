#include "service/leader.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>

#include "os/pidfd.hpp"
#include "os/procfs.hpp"
#include "service/director/run_options.hpp"

namespace tend::service {

namespace {

/// Of us, not of the process: another look can tell.
bool is_shortage(const Error& error) {
  return error.code == EMFILE || error.code == ENFILE || error.code == ENOMEM;
}

SeenProcess look_at_process(const KnownLeader& known) {
  const auto start = os::start_time_of(known.pid);
  return {.start_ticks = start ? std::optional(*start) : std::nullopt,
          .has_mark = known.start_ticks == 0 &&
                      carries_mark(known.pid, known.token, known.run).value_or(false)};
}

}  // namespace

KnownLeader leader_in(const StateFile& state, std::uint32_t index) {
  const DirectorRecord record = state.record(index);
  const ChildSlot& slot = state.slot(index);
  KnownLeader leader{.token = state.header().mark_token, .run = record.state.run};
  if (leader.run == 0 || record.state.leader == Leader::none) {
    return leader;
  }
  if (record.adoption.run == leader.run) {
    leader.pid = record.adoption.pid;
  } else if (slot.run == leader.run && load_shared(slot.step) == 0) {
    leader.pid = load_shared(slot.pid);
  }
  leader.start_ticks = record.leader_start_run == leader.run ? record.leader_start_ticks : 0;
  return leader;
}

bool is_there(const KnownLeader& leader) {
  return leader.pid > 0 && is_same(leader, look_at_process(leader));
}

std::optional<os::Fd> open_leader(const KnownLeader& leader) {
  if (leader.pid <= 0) {
    return std::nullopt;
  }
  auto pidfd = os::open_pidfd(leader.pid);
  // Looked at after the descriptor exists: from here on the pid cannot change hands unseen.
  if (!pidfd || !is_there(leader)) {
    return std::nullopt;
  }
  return *std::move(pidfd);
}

Result<bool> carries_mark(std::int32_t pid, std::uint32_t token, std::uint32_t run) {
  const auto limit = os::locks_limit_of(pid);
  if (limit && limit->hard == mark_of(token, run)) {
    return true;
  }
  // Where the mark could not be set (the limit was lower already), the environment has it.
  const auto environment = os::environment_of(pid);
  if (environment &&
      std::ranges::find(*environment, run_variable(token, run)) != environment->end()) {
    return true;
  }
  if (!limit && is_shortage(limit.error())) {
    return std::unexpected(limit.error());
  }
  if (!environment && is_shortage(environment.error())) {
    return std::unexpected(environment.error());
  }
  return false;
}

bool carries_mark_of_project(std::int32_t pid, std::uint32_t token) {
  const auto limit = os::locks_limit_of(pid);
  if (limit && limit->hard >> 32U == mark_of(token, 0) >> 32U) {
    return true;
  }
  const std::string variable = run_variable(token, 0);
  const std::string_view prefix(variable.data(), variable.find('.') + 1);
  const auto environment = os::environment_of(pid);
  return environment && std::ranges::any_of(*environment, [&](const std::string& entry) {
           return entry.starts_with(prefix);
         });
}

}  // namespace tend::service
