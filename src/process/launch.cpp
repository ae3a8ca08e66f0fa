#include "process/launch.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/try.hpp"
#include "os/accounts.hpp"
#include "os/cgroup.hpp"
#include "os/environment.hpp"
#include "os/files.hpp"
#include "os/pipe.hpp"
#include "os/signals.hpp"
#include "os/spawn.hpp"

namespace tend::process {

namespace {

constexpr std::size_t capture_pipe_bytes = 256UL * 1024;

/// A stream of the child: its descriptor in this process, which we own or only use, and our end of
/// a pipe.
struct OpenStream {
  int number = -1;
  Fd owned{};
  Fd ours{};
};

Result<OpenStream> owning(Result<Fd> opened) {
  Fd fd = TEND_TRY(std::move(opened));
  const int number = fd.get();
  return OpenStream{.number = number, .owned = std::move(fd)};
}

Result<OpenStream> open_inherited(int standard) {
  if (!os::is_open_descriptor(standard)) {
    return owning(os::open_file("/dev/null", O_RDWR));
  }
  return OpenStream{.number = standard};
}

Result<OpenStream> open_pipe(int standard, Verb verb) {
  os::Pipe pipe = TEND_TRY(os::make_pipe());
  if (verb == Verb::capture) {
    // Fewer wake-ups. An ordinary user may be over his share of pipe memory; then it stays small.
    static_cast<void>(os::resize_pipe(pipe.read, capture_pipe_bytes));
  }
  Fd theirs = std::move(standard == 0 ? pipe.read : pipe.write);
  Fd ours = std::move(standard == 0 ? pipe.write : pipe.read);
  const int number = theirs.get();
  return OpenStream{.number = number, .owned = std::move(theirs), .ours = std::move(ours)};
}

Stdio::Kind resolved(Stdio::Kind kind, int standard, Verb verb) {
  if (kind != Stdio::Kind::standard) {
    return kind;
  }
  if (verb != Verb::capture) {
    return Stdio::Kind::inherit;
  }
  return standard == 0 ? Stdio::Kind::null : Stdio::Kind::pipe;
}

Result<OpenStream> open_stream(const Stdio& wish, int standard, Verb verb) {
  switch (resolved(wish.kind, standard, verb)) {
    case Stdio::Kind::standard:
    case Stdio::Kind::inherit: return open_inherited(standard);
    case Stdio::Kind::null: return owning(os::open_file("/dev/null", O_RDWR));
    case Stdio::Kind::pipe: return open_pipe(standard, verb);
    case Stdio::Kind::read: return owning(os::open_file(wish.path, O_RDONLY));
    case Stdio::Kind::truncate:
      return owning(os::open_file(wish.path, O_WRONLY | O_CREAT | O_TRUNC, 0666));
    case Stdio::Kind::append:
      return owning(os::open_file(wish.path, O_WRONLY | O_CREAT | O_APPEND, 0666));
    case Stdio::Kind::descriptor: return OpenStream{.number = wish.number};
    case Stdio::Kind::same_as_out: break;
  }
  return refused("spawn", "", "only stderr can be the same as stdout");
}

struct Streams {
  OpenStream in{};
  OpenStream out{};
  OpenStream err{};
};

/// One of the three standard streams, with what it is to be.
struct StreamWish {
  OpenStream& stream;
  const Stdio& wish;
  int standard;
};

enum class Inherits : bool { no, yes };

Result<> open_those(std::span<const StreamWish> wishes, Inherits which, Verb verb) {
  for (const StreamWish& each : wishes) {
    const auto kind = resolved(each.wish.kind, each.standard, verb);
    if ((kind == Stdio::Kind::inherit) != (which == Inherits::yes)) {
      continue;
    }
    each.stream = TEND_TRY(open_stream(each.wish, each.standard, verb));
  }
  return {};
}

Result<Streams> open_streams(const Command::Wishes& wishes, Verb verb) {
  Streams streams;
  const Stdio in = wishes.input ? Stdio::pipe() : wishes.in;
  const bool is_joined = wishes.err.kind == Stdio::Kind::same_as_out;
  const StreamWish all[] = {
      {streams.in, in, 0}, {streams.out, wishes.out, 1}, {streams.err, wishes.err, 2}};
  const std::span<const StreamWish> own(all, is_joined ? 2 : 3);
  // What is inherited first: a pipe could take the number of a stream that is closed in this
  // process.
  TEND_TRY(open_those(own, Inherits::yes, verb));
  TEND_TRY(open_those(own, Inherits::no, verb));
  if (is_joined) {
    streams.err.number = streams.out.number;
  }
  return streams;
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

OwnGroup group_of(Command::Session session) {
  switch (session) {
    case Command::Session::new_session: return OwnGroup::session;
    case Command::Session::new_group: return OwnGroup::process_group;
    case Command::Session::keep:
    case Command::Session::join_group: break;
  }
  return OwnGroup::none;
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
  options.descriptors = {{.source = streams.in.number, .target = 0},
                         {.source = streams.out.number, .target = 1},
                         {.source = streams.err.number, .target = 2}};
  for (const auto& [target, source] : wishes.descriptors) {
    options.descriptors.push_back({.source = source, .target = target});
  }
}

Result<os::SpawnOptions> options_for(const Command::Wishes& wishes) {
  os::SpawnOptions options;
  options.program = wishes.program;
  options.arguments.push_back(wishes.name.value_or(wishes.program));
  options.arguments.insert(options.arguments.end(), wishes.arguments.begin(),
                           wishes.arguments.end());
  options.environment = TEND_TRY(environment_for(wishes));
  options.directory = wishes.directory;
  options.session = session_of(wishes.session);
  options.group = wishes.group;
  options.umask = wishes.umask;
  for (const Command::Limit& limit : wishes.limits) {
    options.limits.push_back(
        {.resource = std::to_underlying(limit.resource), .soft = limit.soft, .hard = limit.hard});
  }
  options.nice = wishes.nice;
  options.cpus = wishes.cpus;
  TEND_TRY(set_user(options, wishes));
  options.parent_death_signal = wishes.parent_death_signal;
  options.no_new_privileges = wishes.no_new_privileges;
  options.keep_ignored = wishes.signals.keep_ignored;
  options.mask = wishes.signals.mask.value_or(os::signal_mask());
  return options;
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

}  // namespace

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
    for (std::string& entry : os::own_environment()) {
      if (!wishes.environment.contains(entry.substr(0, entry.find('=')))) {
        environment.push_back(std::move(entry));
      }
    }
  }
  for (const auto& [key, value] : wishes.environment) {
    if (value) {
      environment.push_back(key + "=" + *value);
    }
  }
  return environment;
}

Result<std::shared_ptr<Child::State>> launch(const Command::Wishes& wishes, Verb verb) {
  os::SpawnOptions options = TEND_TRY(options_for(wishes));
  auto cgroup = TEND_TRY(open_cgroup(wishes));
  options.cgroup = cgroup ? &cgroup->directory() : nullptr;
  Streams streams = TEND_TRY(open_streams(wishes, verb));
  set_descriptors(options, wishes, streams);
  os::Spawned spawned = TEND_TRY(os::spawn(options));
  return std::make_shared<Child::State>(Child::State::Parts{.process = std::move(spawned),
                                                            .program = wishes.program,
                                                            .in = std::move(streams.in.ours),
                                                            .out = std::move(streams.out.ours),
                                                            .err = std::move(streams.err.ours),
                                                            .drop = wishes.drop,
                                                            .group = group_of(wishes.session),
                                                            .cgroup = std::move(cgroup)});
}

}  // namespace tend::process
