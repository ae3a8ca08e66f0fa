// `tend up`: starts a project and shows its output, or leaves it in the background.

#include <algorithm>
#include <csignal>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/ready_wait.hpp"
#include "cli/same_project.hpp"
#include "cli/status_table.hpp"
#include "cli/viewer.hpp"
#include "cli/wish.hpp"
#include "os/clock.hpp"
#include "os/environment.hpp"
#include "os/files.hpp"
#include "os/own_program.hpp"
#include "os/pidfd.hpp"
#include "os/procfs.hpp"
#include "os/spawn.hpp"
#include "service/config/load_project.hpp"
#include "service/launch.hpp"
#include "service/state_file.hpp"

namespace tend::cli {

namespace {

using service::ProjectSpec;
using service::ServiceSpec;

std::vector<std::string> names_of(const ProjectSpec& project) {
  std::vector<std::string> names;
  std::ranges::transform(project.services, std::back_inserter(names), &ServiceSpec::name);
  return names;
}

/// Indices of the named services; all when none is named.
Outcome<std::vector<std::uint32_t>> chosen_services(const ProjectSpec& project,
                                                    const std::vector<std::string>& names) {
  const std::vector<std::string> known = names_of(project);
  std::vector<std::uint32_t> chosen;
  for (const std::string& name : names.empty() ? known : names) {
    const auto found = std::ranges::find(known, name);
    if (found == known.end()) {
      const auto meant = text::nearest(name, std::span<const std::string>(known));
      return fail(exit_failed,
                  text::format("{} has no service {}{}", project.name, text::quoted(name),
                               meant ? text::format("; did you mean {}?", *meant)
                                     : "; it has " + text::join(known, ", ")));
    }
    chosen.push_back(static_cast<std::uint32_t>(found - known.begin()));
  }
  return chosen;
}

Target target_of(const Loaded& loaded) {
  return {.name = loaded.spec.name, .places = loaded.places};
}

bool is_unchanged(const Loaded& loaded, const service::Running& running) {
  if (running.specs_digest == service::digest_of(loaded.spec, loaded.places)) {
    return true;
  }
  const auto directory = os::open_directory(loaded.places.runtime_dir);
  const auto state = directory ? service::StateFile::open_at(*directory, "state")
                               : Result<service::StateFile>(std::unexpected(directory.error()));
  if (!state) {
    return false;
  }
  const auto project = state->project();
  const auto alone = service::config::load_project(loaded.file, {});
  return project && alone &&
         is_same_project(*project, service::placed(loaded.spec, loaded.places), *alone);
}

Outcome<int> join_running(const Invocation& invocation, const Loaded& loaded,
                          const service::Running& running) {
  const std::string& name = loaded.spec.name;
  if (!is_unchanged(loaded, running)) {
    return fail(exit_failed,
                text::format("{} is running (keeper pid {}), and {} has changed since it was "
                             "started; `tend down` and then `tend up` bring the change in",
                             name, running.keeper_pid, loaded.file));
  }
  const Target target = target_of(loaded);
  if (!invocation.arguments().empty()) {
    return wish_in(target, invocation, service::Verb::start);
  }
  Output out(invocation);
  out.line(text::format("{} is already running (keeper pid {})", name, running.keeper_pid));
  return out.finish(0);
}

/// Says what was taken over from a killed keeper; whether the file still describes it.
bool tell_adopted(const Loaded& loaded, const service::Running& before,
                  const service::Launched& launched) {
  if (!launched.note.empty()) {
    tell(launched.note);
  }
  if (!launched.adopted) {
    return true;
  }
  const service::Adopted& adopted = *launched.adopted;
  tell(text::format(
      "{}: its keeper was killed; taken over by keeper pid {}, with {}", loaded.spec.name,
      launched.keeper_pid,
      adopted.living.empty() ? "no service that still ran" : text::join(adopted.living, ", ")));
  for (const std::string& name : adopted.without_output) {
    tell(
        text::format("{}: its output goes nowhere until it is restarted, because the recorder was "
                     "killed too; `tend restart {}`",
                     name, name));
  }
  if (!is_unchanged(loaded, before)) {
    tell(
        text::format("{} has changed since {} was started, and runs as it was; `tend down` and "
                     "then `tend up` bring the change in",
                     loaded.file, loaded.spec.name));
    return false;
  }
  return true;
}

Outcome<int> run_detached(const Invocation& invocation, const Loaded& loaded,
                          const service::Running& before, const service::LaunchOptions& options,
                          const Patience& patience) {
  const service::Launched launched = TEND_TRY(service::launch(loaded.spec, loaded.places, options));
  bool are_all_good = tell_adopted(loaded, before, launched);
  std::optional<os::Instant> deadline;
  if (patience.wait_ms) {
    deadline = os::monotonic_now() + std::chrono::milliseconds(*patience.wait_ms);
  }
  const Target target = target_of(loaded);
  const auto readied = wait_until_ready(target, loaded.spec, launched.keeper, deadline);
  if (!readied && os::has_exited(launched.keeper).value_or(false)) {
    const int code = TEND_TRY(service::wait_for_keeper(launched));
    return fail(code == 0 ? exit_failed : code,
                text::format("{} has ended with code {}; `tend logs` shows its output",
                             loaded.spec.name, code));
  }
  if (!readied) {
    return std::unexpected(readied.error());
  }
  Output out(invocation);
  for (std::size_t i = 0; i < readied->services.size(); ++i) {
    const bool is_good = readied->standings[i] == Standing::good;
    are_all_good = are_all_good && is_good;
    out.line(out.painter().paint(is_good ? Tone::plain : Tone::red,
                                 status_sentence(readied->services[i])));
  }
  return out.finish(are_all_good ? 0 : exit_failed);
}

Outcome<std::unique_ptr<Viewer>> make_viewer(const Invocation& invocation, const Loaded& loaded,
                                             ViewerOptions options, Output& out) {
  TEND_TRY(service::make_places(loaded.places, os::effective_uid()));
  options.target = target_of(loaded);
  options.names = names_of(loaded.spec);
  options.log_dir = loaded.spec.log_dir;
  options.shows_times = invocation.has("timestamps");
  return Viewer::make(std::move(options), out);
}

Outcome<int> run_in_foreground(const Invocation& invocation, const Loaded& loaded,
                               const service::Running& before,
                               const service::LaunchOptions& options) {
  Output out(invocation);
  const auto viewer = TEND_TRY(make_viewer(invocation, loaded, {.role = ViewerRole::owner}, out));
  const service::Launched launched = TEND_TRY(service::launch(loaded.spec, loaded.places, options));
  static_cast<void>(tell_adopted(loaded, before, launched));
  TEND_TRY(viewer->run(launched.keeper));
  const int code = TEND_TRY(service::wait_for_keeper(launched));
  const auto remains = service::look_at(loaded.places);
  if (remains && !remains->left_behind.empty()) {
    return fail(code, left_behind_text(target_of(loaded), *remains));
  }
  return out.finish(code);
}

/// What the viewer of a container is started with: it is a process of its own, for this one becomes
/// the keeper.
os::SpawnOptions viewer_process(const Invocation& invocation, const Loaded& loaded) {
  const os::WallTime now = os::realtime_now();
  std::vector<std::string> words = {"tend", "up",
                                    text::format("--view={}", now.time_since_epoch().count()),
                                    "--file=" + loaded.file};
  for (const std::string_view option : {"state", "color"}) {
    if (const auto value = invocation.value(option)) {
      words.push_back(text::format("--{}={}", option, *value));
    }
  }
  if (invocation.has("timestamps")) {
    words.emplace_back("--timestamps");
  }
  return {.program = os::own_program_path(),
          .arguments = std::move(words),
          .environment = os::own_environment(),
          .descriptors = {
              {.source = 0, .target = 0}, {.source = 1, .target = 1}, {.source = 2, .target = 2}}};
}

/// Returns only if it fails.
Outcome<int> run_as_first_process(const Invocation& invocation, const Loaded& loaded,
                                  const service::LaunchOptions& options) {
  std::optional<os::Spawned> viewer;
  if (!invocation.has("detach")) {
    viewer = TEND_TRY(os::spawn(viewer_process(invocation, loaded)));
  }
  const Error error = service::launch(loaded.spec, loaded.places, options).error();
  if (viewer) {
    static_cast<void>(os::send_signal(viewer->pidfd, SIGKILL));
    static_cast<void>(os::reap(viewer->pidfd, os::Waiting::yes));
  }
  return std::unexpected(Failure(error));
}

/// The process that shows a container's output (see run_as_first_process).
Outcome<int> view_only(const Invocation& invocation, const Loaded& loaded) {
  const std::int64_t since =
      parse_integer<std::int64_t>(invocation.value("view").value_or("")).value_or(0);
  Output out(invocation);
  const os::Fd keeper = TEND_TRY(os::open_pidfd(os::parent_pid()));
  const auto viewer = TEND_TRY(make_viewer(
      invocation, loaded, {.role = ViewerRole::onlooker, .since_realtime_ns = since}, out));
  TEND_TRY(viewer->run(keeper));
  return out.finish(0);
}

}  // namespace

Outcome<int> run_up(const Invocation& invocation) {
  if (invocation.has("wait") && !invocation.has("detach")) {
    return fail(exit_usage, "up: --wait goes with --detach");
  }
  const Patience patience = TEND_TRY(patience_of(invocation));
  const Loaded loaded = TEND_TRY(load(invocation));
  if (invocation.has("view")) {
    return view_only(invocation, loaded);
  }
  const bool is_detached = invocation.has("detach");
  const bool is_first_process = os::own_pid() == 1;
  const service::LaunchOptions options{
      .chosen = TEND_TRY(chosen_services(loaded.spec, invocation.arguments())),
      .are_named = !invocation.arguments().empty(),
      .stops_with_viewer = !is_detached,
      .become_keeper = is_first_process};
  const service::Running running = TEND_TRY(service::look_at(loaded.places));
  if (running.keeper_pid != 0) {
    return join_running(invocation, loaded, running);
  }
  if (is_first_process) {
    return run_as_first_process(invocation, loaded, options);
  }
  return is_detached ? run_detached(invocation, loaded, running, options, patience)
                     : run_in_foreground(invocation, loaded, running, options);
}

}  // namespace tend::cli
