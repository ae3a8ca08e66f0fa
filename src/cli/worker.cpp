#include "cli/worker.hpp"

#include <csignal>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "jobs/local/local_backend.hpp"
#include "jobs/remote/worker.hpp"
#include "os/event_loop.hpp"
#include "os/machine.hpp"
#include "os/procfs.hpp"
#include "os/signals.hpp"
#include "os/standard_streams.hpp"

namespace tend::cli {

namespace {

jobs::Hello own_hello() {
  return {.tend_version = TEND_VERSION,
          .host = os::host_name(),
          .pid = os::own_pid(),
          .cpus = static_cast<std::uint32_t>(os::usable_cpus())};
}

/// The loop, with what ends it.
Result<jobs::Worker::Ended> serve() {
  os::EventLoop loop = TEND_TRY(os::EventLoop::make());
  const os::Fd signals = TEND_TRY(os::open_signalfd({SIGTERM, SIGINT, SIGHUP}));
  std::optional<jobs::Worker::Ended> ended;
  jobs::Worker worker(
      loop,
      [&loop](const jobs::AttemptSettings& settings,
              jobs::BackendEvents& events) -> Result<std::unique_ptr<jobs::Backend>> {
        return jobs::LocalBackend::make(loop, events, {.settings = settings});
      },
      [&](const jobs::Worker::Ended& how) {
        ended = how;
        loop.stop();
      });
  TEND_TRY(loop.add(signals, os::Interest::read, [&](os::Ready) {
    const auto arrived = os::read_signal(signals);
    if (arrived && *arrived) {
      worker.end(
          Error{.step = "run jobs", .detail = "ended by " + signal_name((*arrived)->number)});
    }
  }));
  os::Fd in = TEND_TRY(os::duplicate_stream(os::Stream::in));
  os::Fd out = TEND_TRY(os::duplicate_stream(os::Stream::out));
  TEND_TRY(worker.begin({.in = std::move(in), .out = std::move(out)}, own_hello()));
  TEND_TRY(loop.run());
  return ended.value_or(jobs::Worker::Ended{});
}

}  // namespace

Outcome<int> run_worker() {
  if (os::is_terminal(os::Stream::in) || os::is_terminal(os::Stream::out)) {
    return fail(exit_usage, text::format("{} is for `tend run --on` and `--launcher`, which speak "
                                         "to it; it has nothing to say to a terminal",
                                         worker_word));
  }
  const auto ended = serve();
  if (!ended) {
    return fail(exit_tend_failed, "worker: " + ended.error().message());
  }
  if (ended->error) {
    return fail(exit_tend_failed, "worker: " + ended->error->message());
  }
  return ended->unacknowledged == 0 ? 0 : 1;
}

}  // namespace tend::cli
