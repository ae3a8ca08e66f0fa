#include "process/launch.hpp"

#include <utility>

#include "base/try.hpp"
#include "os/clock.hpp"
#include "os/spawn.hpp"
#include "process/spawn_request.hpp"

namespace tend::process {

namespace {

OwnGroup group_of(os::raw::SessionKind session) {
  switch (session) {
    case os::raw::SessionKind::new_session: return OwnGroup::session;
    case os::raw::SessionKind::new_group: return OwnGroup::process_group;
    case os::raw::SessionKind::keep:
    case os::raw::SessionKind::join_group: break;
  }
  return OwnGroup::none;
}

}  // namespace

Result<std::shared_ptr<Child::State>> launch(const Command::Wishes& wishes, Verb verb) {
  const os::Instant started = os::monotonic_now();
  SpawnRequest request = TEND_TRY(SpawnRequest::make(wishes, verb));
  os::Spawned spawned = TEND_TRY(os::spawn(request.options()));
  Streams& streams = request.streams();
  // What a child shows on its terminal is what capture() collects.
  const bool is_collected = wishes.terminal && verb == Verb::capture;
  Fd& shown = is_collected ? streams.terminal.ours : streams.out.ours;
  return std::make_shared<Child::State>(
      Child::State::Parts{.process = std::move(spawned),
                          .program = wishes.program,
                          .in = std::move(streams.in.ours),
                          .out = std::move(shown),
                          .err = std::move(streams.err.ours),
                          .terminal = std::move(streams.terminal.ours),
                          .drop = verb == Verb::capture ? Drop::kill : wishes.drop,
                          .group = group_of(request.options().session),
                          .cgroup = std::move(request.cgroup()),
                          .limits = limits_of(wishes, started)});
}

}  // namespace tend::process
