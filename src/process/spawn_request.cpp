#include "process/spawn_request.hpp"

#include <cerrno>
#include <span>
#include <utility>

#include "base/try.hpp"
#include "os/accounts.hpp"
#include "os/environment.hpp"
#include "os/raw/kernel.hpp"
#include "os/signals.hpp"
#include "os/terminal.hpp"

namespace tend::process {

namespace {

/// Where the wish leaves it open, what else was asked for decides.
Command::Session session_for(const Command::Wishes& wishes, Verb verb) {
  if (wishes.session != Command::Session::keep) {
    return wishes.session;
  }
  if (wishes.terminal) {
    return Command::Session::new_session;
  }
  // A deadline must find the tree of the child: see Command::deadline().
  const bool is_bounded = verb == Verb::capture && wishes.deadline;
  const bool needs_group = wishes.is_foreground || verb == Verb::detach || is_bounded;
  return needs_group ? Command::Session::new_group : Command::Session::keep;
}

os::raw::SessionKind session_of(Command::Session session) {
  switch (session) {
    case Command::Session::keep: return os::raw::SessionKind::keep;
    case Command::Session::new_session: return os::raw::SessionKind::new_session;
    case Command::Session::new_group: return os::raw::SessionKind::new_group;
    case Command::Session::join_group: return os::raw::SessionKind::join_group;
  }
  return os::raw::SessionKind::keep;
}

Result<> set_user(os::SpawnOptions& options, const Command::Wishes& wishes) {
  if (!wishes.user) {
    return {};
  }
  if (wishes.user->name.empty()) {
    options.uid = wishes.user->uid;
    options.gid = wishes.user->gid;
    options.groups = wishes.user->groups;
    return {};
  }
  std::optional<os::Account> found = TEND_TRY(os::find_account(wishes.user->name));
  if (!found) {
    return refused("user", wishes.user->name, "there is no user of that name");
  }
  os::Account ids = *std::move(found);
  options.uid = ids.uid;
  options.gid = ids.gid;
  options.groups = std::move(ids.groups);
  return {};
}

void set_descriptors(os::SpawnOptions& options, const Command::Wishes& wishes,
                     const Streams& streams) {
  options.controlling_fd = streams.terminal.theirs.get();
  int standard = 0;
  for (const OpenStream* stream : {&streams.in, &streams.out, &streams.err}) {
    options.descriptors.push_back(
        {.source = stream->number, .target = standard++, .is_inheritable = stream->is_inheritable});
  }
  for (const auto& [target, source] : wishes.descriptors) {
    options.descriptors.push_back({.source = source, .target = target});
  }
}

std::uint64_t flag_of(Namespace kind) {
  switch (kind) {
    case Namespace::user: return os::raw::clone_newuser;
    case Namespace::pid: return os::raw::clone_newpid;
    case Namespace::mount: return os::raw::clone_newns;
    case Namespace::net: return os::raw::clone_newnet;
    case Namespace::uts: return os::raw::clone_newuts;
    case Namespace::ipc: return os::raw::clone_newipc;
    case Namespace::cgroup: return os::raw::clone_newcgroup;
    case Namespace::time: return os::raw::clone_newtime;
  }
  return 0;
}

std::vector<os::IdRange> ranges_of(const std::vector<IdMap>& maps) {
  std::vector<os::IdRange> ranges;
  ranges.reserve(maps.size());
  for (const IdMap& map : maps) {
    ranges.push_back({.inside = map.inside, .outside = map.outside, .count = map.count});
  }
  return ranges;
}

os::NamespaceOptions namespaces_of(const Namespaces& wish) {
  os::NamespaceOptions options{.uid_map = ranges_of(wish.users),
                               .gid_map = ranges_of(wish.groups),
                               .monotonic_s = wish.monotonic_offset.count(),
                               .boottime_s = wish.boot_offset.count()};
  for (const Namespace kind : wish.kinds) {
    options.flags |= flag_of(kind);
  }
  return options;
}

void set_program(os::SpawnOptions& options, const Command::Wishes& wishes) {
  options.program = wishes.program;
  options.program_descriptor = wishes.program_descriptor;
  options.arguments.push_back(wishes.name.value_or(wishes.program));
  options.arguments.insert(options.arguments.end(), wishes.arguments.begin(),
                           wishes.arguments.end());
  options.directory = wishes.directory;
  options.root = wishes.root;
}

void set_attributes(os::SpawnOptions& options, const Command::Wishes& wishes) {
  options.umask = wishes.umask;
  for (const Command::Limit& limit : wishes.limits) {
    options.limits.push_back(
        {.resource = std::to_underlying(limit.resource), .soft = limit.soft, .hard = limit.hard});
  }
  options.nice = wishes.nice;
  options.cpus = wishes.cpus;
  if (wishes.schedule) {
    options.scheduler = {.policy = std::to_underlying(wishes.schedule->policy),
                         .priority = wishes.schedule->priority};
  }
  options.oom_score = wishes.oom_score;
  options.capabilities = wishes.capabilities;
  options.namespaces = namespaces_of(wishes.namespaces);
  options.parent_death_signal = wishes.parent_death_signal;
  options.no_new_privileges = wishes.no_new_privileges;
  options.ignored = wishes.signals.ignore;
  options.keep_ignored = wishes.signals.keep_ignored;
  options.mask = wishes.signals.mask ? *wishes.signals.mask : os::signal_mask();
  options.pre_exec = wishes.pre_exec;
  options.pre_exec_context = wishes.pre_exec_context;
}

/// The KEY=VALUE list that the child of these wishes gets.
Result<std::vector<std::string>> environment_for(const Command::Wishes& wishes) {
  std::vector<std::string> environment;
  for (const auto& [key, value] : wishes.environment) {
    if (key.empty() || key.contains('=') || key.contains('\0')) {
      return std::unexpected(Error{.step = "spawn",
                                   .subject = wishes.program,
                                   .code = EINVAL,
                                   .detail = "`" + key.substr(0, key.find('\0')) +
                                             "` is not a name for an environment variable"});
    }
  }
  if (!wishes.has_clear_environment) {
    environment = os::own_environment();
    std::erase_if(environment, [&](const std::string& entry) {
      return wishes.environment.contains(entry.substr(0, entry.find('=')));
    });
  }
  for (const auto& [key, value] : wishes.environment) {
    if (value) {
      environment.push_back(key + "=" + *value);
    }
  }
  return environment;
}

Result<> set_environment(os::SpawnOptions& options, const Command::Wishes& wishes) {
  if (wishes.environment.empty() && !wishes.has_clear_environment) {
    options.environment_in_place = os::environment_in_place();
  }
  if (options.environment_in_place == nullptr) {
    options.environment = TEND_TRY(environment_for(wishes));
  }
  return {};
}

Result<std::optional<os::Cgroup>> open_cgroup(const Command::Wishes& wishes) {
  if (wishes.cgroup.empty()) {
    return std::nullopt;
  }
  auto opened = os::Cgroup::open(wishes.cgroup);
  if (!opened) {
    return failed("cgroup", wishes.cgroup, opened.error().code);
  }
  return std::move(*opened);
}

/// A wish that a verb cannot fulfil, and what is to be said then.
struct Refusal {
  bool applies;
  const char* why;
};

Result<> check(const Command::Wishes& wishes, std::span<const Refusal> refusals) {
  for (const Refusal& refusal : refusals) {
    if (refusal.applies) {
      return std::unexpected(
          Error{.step = "spawn", .subject = wishes.program, .code = EINVAL, .detail = refusal.why});
    }
  }
  return {};
}

bool has_pipe(const Command::Wishes& wishes) {
  return wishes.in.kind == Stdio::Kind::pipe || wishes.out.kind == Stdio::Kind::pipe ||
         wishes.err.kind == Stdio::Kind::pipe;
}

/// For the verbs after which nobody is there to look after the program.
Result<> check_left_alone(const Command::Wishes& wishes) {
  const Refusal refusals[] = {
      {has_pipe(wishes), "nobody would hold the other end of the pipe"},
      {wishes.input.has_value(), "nobody would be there to feed its input"},
      {wishes.terminal.has_value(), "nobody would hold the other end of its terminal"},
      {wishes.deadline.has_value(), "nobody would be there to keep the deadline"},
  };
  return check(wishes, refusals);
}

Result<> check_for_verb(const Command::Wishes& wishes, Verb verb) {
  const bool has_namespaces = !wishes.namespaces.kinds.empty();
  const bool dies_with_us = wishes.parent_death_signal != 0;
  const bool has_own_out = wishes.out.kind != Stdio::Kind::standard;
  const Refusal for_exec[] = {
      {has_namespaces,
       "namespaces begin with a new process, whose id maps are written from outside; spawn() or "
       "status() start one"}};
  const Refusal for_detach[] = {
      {dies_with_us, "a detached program does not die with us"},
      {wishes.is_foreground, "a detached program has no part in our terminal"}};
  const Refusal for_status[] = {{wishes.terminal.has_value(),
                                 "status() does not read the terminal: use capture() or spawn()"}};
  const Refusal for_capture[] = {
      {wishes.terminal && has_own_out,
       "capture() reads the terminal as out, so it cannot go elsewhere"}};
  switch (verb) {
    case Verb::spawn: break;
    case Verb::status: return check(wishes, for_status);
    case Verb::capture: return check(wishes, for_capture);
    case Verb::exec: TEND_TRY(check(wishes, for_exec)); return check_left_alone(wishes);
    case Verb::detach: TEND_TRY(check(wishes, for_detach)); return check_left_alone(wishes);
  }
  return {};
}

}  // namespace

Result<SpawnRequest> SpawnRequest::make(const Command::Wishes& wishes, Verb verb) {
  TEND_TRY(check_for_verb(wishes, verb));
  SpawnRequest request;
  set_program(request.options_, wishes);
  set_attributes(request.options_, wishes);
  TEND_TRY(set_environment(request.options_, wishes));
  request.options_.session = session_of(session_for(wishes, verb));
  request.options_.group = wishes.group;
  TEND_TRY(set_user(request.options_, wishes));
  request.cgroup_ = TEND_TRY(open_cgroup(wishes));
  if (wishes.is_foreground) {
    request.foreground_ = TEND_TRY(os::open_own_terminal());
    request.options_.foreground_fd = request.foreground_.get();
  }
  request.streams_ = TEND_TRY(open_streams(wishes, verb));
  set_descriptors(request.options_, wishes, request.streams_);
  return request;
}

const os::SpawnOptions& SpawnRequest::options() {
  options_.cgroup = cgroup_ ? &cgroup_->directory() : nullptr;
  return options_;
}

}  // namespace tend::process
