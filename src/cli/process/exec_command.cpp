#include "cli/process/exec_command.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/process/limit_option.hpp"
#include "os/accounts.hpp"
#include "os/procfs.hpp"

namespace tend::cli {

namespace {

using Wish = Outcome<void> (*)(tend::Command& command, const std::string& value);

std::unexpected<Failure> wrong(std::string_view option, std::string_view value,
                               std::string_view what) {
  return fail(exit_usage, text::format("exec: --{}: {} {}", option, text::quoted(value), what));
}

template <typename T>
Outcome<T> number_in(std::string_view option, std::string_view value, T least, T most) {
  const auto number = parse_integer<T>(value);
  if (!number || *number < least || *number > most) {
    return wrong(option, value, text::format("is not a number from {} to {}", least, most));
  }
  return *number;
}

// --- who ---

Outcome<std::uint32_t> group_named(std::string_view option, std::string_view name) {
  const auto gid = TEND_TRY(os::find_group(name));
  if (gid) {
    return *gid;
  }
  if (const auto number = parse_integer<std::uint32_t>(name)) {
    return *number;
  }
  return wrong(option, name, "is no group");
}

Outcome<std::vector<std::uint32_t>> groups_named(const std::string& list) {
  std::vector<std::uint32_t> groups;
  for (const std::string_view name : text::split(list, ',')) {
    if (!name.empty()) {
      groups.push_back(TEND_TRY(group_named("groups", name)));
    }
  }
  return groups;
}

/// USER or USER:GROUP. A user without an account keeps to the number as its group too.
Outcome<void> set_user(tend::Command& command, const Invocation& invocation) {
  const auto word = invocation.value("user");
  if (!word) {
    if (invocation.has("groups")) {
      return fail(exit_usage, "exec: --groups needs --user");
    }
    return {};
  }
  const std::size_t colon = word->find(':');
  const std::string name = word->substr(0, colon);
  const auto account = TEND_TRY(os::find_account(name));
  const auto number = parse_integer<std::uint32_t>(name);
  if (!account && !number) {
    return wrong("user", name, "is no user");
  }
  const std::uint32_t uid = account ? account->uid : *number;
  std::uint32_t gid = account ? account->gid : uid;
  std::vector<std::uint32_t> groups = account ? account->groups : std::vector<std::uint32_t>{};
  if (colon != std::string::npos) {
    gid = TEND_TRY(group_named("user", std::string_view(*word).substr(colon + 1)));
    groups.clear();
  }
  if (const auto list = invocation.value("groups")) {
    groups = TEND_TRY(groups_named(*list));
  }
  command.user(uid, gid, std::move(groups));
  return {};
}

// --- namespaces ---

constexpr std::array<std::pair<std::string_view, Namespace>, 8> namespace_names{{
    {"user", Namespace::user},
    {"pid", Namespace::pid},
    {"mount", Namespace::mount},
    {"net", Namespace::net},
    {"uts", Namespace::uts},
    {"ipc", Namespace::ipc},
    {"cgroup", Namespace::cgroup},
    {"time", Namespace::time},
}};

Outcome<void> set_namespaces(tend::Command& command, const Invocation& invocation) {
  const auto list = invocation.value("unshare");
  if (!list) {
    if (invocation.has("map-root")) {
      return fail(exit_usage, "exec: --map-root needs --unshare=user,...");
    }
    return {};
  }
  Namespaces wish;
  for (const std::string_view name : text::split(*list, ',')) {
    const auto* const found =
        std::ranges::find(namespace_names, name, &std::pair<std::string_view, Namespace>::first);
    if (found == namespace_names.end()) {
      return wrong("unshare", name,
                   "is no namespace; there are user, pid, mount, net, uts, ipc, cgroup, time");
    }
    wish.kinds.insert(found->second);
  }
  if (invocation.has("map-root")) {
    if (!wish.kinds.contains(Namespace::user)) {
      return fail(exit_usage, "exec: --map-root needs `user` among --unshare");
    }
    wish.users = {{.inside = 0, .outside = os::effective_uid()}};
    wish.groups = {{.inside = 0, .outside = os::effective_gid()}};
  }
  command.namespaces(std::move(wish));
  return {};
}

// --- what it may and how it runs ---

Outcome<void> set_umask(tend::Command& command, const std::string& value) {
  constexpr int octal = 8;
  constexpr std::uint32_t most = 0777;
  const auto mask = parse_integer<std::uint32_t>(value, octal);
  if (!mask || *mask > most) {
    return wrong("umask", value, "is not an octal number such as 022");
  }
  command.umask(*mask);
  return {};
}

Outcome<void> set_limit_word(tend::Command& command, const std::string& value) {
  const LimitOption limit = TEND_TRY(parse_limit_option(value));
  command.limit(limit.resource, limit.soft, limit.hard);
  return {};
}

Outcome<void> set_nice(tend::Command& command, const std::string& value) {
  command.nice(TEND_TRY(number_in<int>("nice", value, -20, 19)));
  return {};
}

Outcome<void> set_cpus(tend::Command& command, const std::string& value) {
  constexpr std::uint32_t most = 8191;
  std::vector<std::uint32_t> cpus;
  for (const std::string_view part : text::split(value, ',')) {
    const std::size_t dash = part.find('-');
    const auto first = TEND_TRY(number_in<std::uint32_t>("cpus", part.substr(0, dash), 0, most));
    const auto last =
        dash == std::string_view::npos
            ? first
            : TEND_TRY(number_in<std::uint32_t>("cpus", part.substr(dash + 1), first, most));
    for (std::uint32_t cpu = first; cpu <= last; ++cpu) {
      cpus.push_back(cpu);
    }
  }
  command.cpus(std::move(cpus));
  return {};
}

Outcome<void> set_scheduler(tend::Command& command, const std::string& value) {
  constexpr std::array<std::pair<std::string_view, Scheduling>, 5> policies{{
      {"other", Scheduling::other},
      {"fifo", Scheduling::fifo},
      {"round-robin", Scheduling::round_robin},
      {"batch", Scheduling::batch},
      {"idle", Scheduling::idle},
  }};
  const std::size_t colon = value.find(':');
  const std::string_view name = std::string_view(value).substr(0, colon);
  const auto* const found =
      std::ranges::find(policies, name, &std::pair<std::string_view, Scheduling>::first);
  if (found == policies.end()) {
    return wrong("scheduler", name,
                 "is no policy; there are other, batch, idle, fifo:1-99 and round-robin:1-99");
  }
  const bool is_realtime =
      found->second == Scheduling::fifo || found->second == Scheduling::round_robin;
  if (is_realtime != (colon != std::string::npos)) {
    return wrong("scheduler", value,
                 is_realtime ? "needs a priority, such as fifo:10" : "takes no priority");
  }
  const int priority =
      is_realtime
          ? TEND_TRY(number_in<int>("scheduler", std::string_view(value).substr(colon + 1), 1, 99))
          : 0;
  command.scheduling(found->second, priority);
  return {};
}

Outcome<void> set_oom_score(tend::Command& command, const std::string& value) {
  command.oom_score(TEND_TRY(number_in<int>("oom-score", value, -1000, 1000)));
  return {};
}

Outcome<void> set_capabilities(tend::Command& command, const std::string& value) {
  CapabilitySet set;
  for (const std::string_view name : text::split(value, ',')) {
    if (name.empty() || name == "none") {
      continue;
    }
    const auto number = capability_number(name);
    if (!number) {
      return wrong("capabilities", name, "is no capability, such as CAP_NET_BIND_SERVICE");
    }
    set.add(*number);
  }
  command.capabilities(set);
  return {};
}

Outcome<void> set_death_signal(tend::Command& command, const std::string& value) {
  const auto number = signal_number(value);
  if (!number) {
    return wrong("parent-death", value, "is no signal");
  }
  command.die_with_parent(*number);
  return {};
}

Outcome<void> set_variable(tend::Command& command, const std::string& value) {
  const std::size_t equals = value.find('=');
  if (equals == std::string::npos || equals == 0) {
    return wrong("env", value, "is not of the form NAME=VALUE");
  }
  command.env(value.substr(0, equals), value.substr(equals + 1));
  return {};
}

// --- signals ---

Outcome<SignalSet> signals_named(std::string_view option, const Invocation& invocation) {
  const auto list = invocation.value(option);
  if (!list) {
    return SignalSet();
  }
  const auto set = SignalSet::parse(*list);
  if (!set) {
    return wrong(option, *list, "is no list of signals, such as INT,QUIT");
  }
  return *set;
}

Outcome<void> set_signals(tend::Command& command, const Invocation& invocation) {
  SignalPolicy policy;
  policy.ignore = TEND_TRY(signals_named("ignore", invocation));
  policy.mask = TEND_TRY(signals_named("block", invocation));
  command.signals(policy);
  return {};
}

// --- streams ---

Outcome<void> set_streams(tend::Command& command, const Invocation& invocation) {
  const auto to = [&invocation](const std::string& path) {
    return invocation.has("append") ? Stdio::append(path) : Stdio::truncate(path);
  };
  if (const auto path = invocation.value("stdin")) {
    command.in(Stdio::read(*path));
  }
  const auto out = invocation.value("stdout");
  const auto err = invocation.value("stderr");
  if (invocation.has("append") && !out && !err) {
    return fail(exit_usage, "exec: --append is about --stdout and --stderr");
  }
  if (out) {
    command.out(to(*out));
  }
  if (err) {
    command.err(*err == "stdout" ? Stdio::same_as_out() : to(*err));
  }
  return {};
}

Outcome<void> set_session(tend::Command& command, const Invocation& invocation) {
  const int wishes = static_cast<int>(invocation.has("session")) +
                     static_cast<int>(invocation.has("group")) +
                     static_cast<int>(invocation.has("foreground"));
  if (wishes > 1 && invocation.has("session")) {
    return fail(exit_usage,
                "exec: a new session has no terminal and a group of its own: not with "
                "--group or --foreground");
  }
  if (invocation.has("session")) {
    command.new_session();
  }
  if (invocation.has("group")) {
    command.new_group();
  }
  if (invocation.has("foreground")) {
    command.foreground();
  }
  return {};
}

struct ValueOption {
  std::string_view name{};
  Wish wish = nullptr;
};

/// Options that set one thing from one value; those that come more than once set more of it.
constexpr std::array value_options = {
    ValueOption{"argv0",
                [](tend::Command& command, const std::string& value) -> Outcome<void> {
                  command.name(value);
                  return {};
                }},
    ValueOption{"cwd",
                [](tend::Command& command, const std::string& value) -> Outcome<void> {
                  command.cwd(value);
                  return {};
                }},
    ValueOption{"root",
                [](tend::Command& command, const std::string& value) -> Outcome<void> {
                  command.root(value);
                  return {};
                }},
    ValueOption{"cgroup",
                [](tend::Command& command, const std::string& value) -> Outcome<void> {
                  command.cgroup(value);
                  return {};
                }},
    ValueOption{"env-remove",
                [](tend::Command& command, const std::string& value) -> Outcome<void> {
                  command.env_remove(value);
                  return {};
                }},
    ValueOption{"env", set_variable},
    ValueOption{"umask", set_umask},
    ValueOption{"limit", set_limit_word},
    ValueOption{"nice", set_nice},
    ValueOption{"cpus", set_cpus},
    ValueOption{"scheduler", set_scheduler},
    ValueOption{"oom-score", set_oom_score},
    ValueOption{"capabilities", set_capabilities},
    ValueOption{"parent-death", set_death_signal},
};

}  // namespace

Outcome<tend::Command> command_of(const Invocation& invocation) {
  const std::vector<std::string>& words = invocation.arguments();
  tend::Command command(words.front(), {words.begin() + 1, words.end()});
  if (invocation.has("env-clear")) {
    command.env_clear();
  }
  for (const ValueOption& option : value_options) {
    for (const std::string& value : invocation.values(option.name)) {
      TEND_TRY(option.wish(command, value));
    }
  }
  if (invocation.has("no-new-privileges")) {
    command.no_new_privileges();
  }
  TEND_TRY(set_user(command, invocation));
  TEND_TRY(set_namespaces(command, invocation));
  TEND_TRY(set_session(command, invocation));
  TEND_TRY(set_signals(command, invocation));
  TEND_TRY(set_streams(command, invocation));
  return command;
}

}  // namespace tend::cli
