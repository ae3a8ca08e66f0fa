#include <tend/command.hpp>

#include <iterator>
#include <utility>

namespace tend {

Command::Command(std::string program, std::vector<std::string> arguments) {
  wishes_.program = std::move(program);
  wishes_.arguments = std::move(arguments);
}

Command Command::shell(std::string script) { return Command("/bin/sh", {"-c", std::move(script)}); }

Command Command::from_descriptor(int number, std::string name) {
  Command command(std::move(name));
  command.wishes_.program_descriptor = number;
  return command;
}

Command& Command::arg(std::string argument) {
  wishes_.arguments.push_back(std::move(argument));
  return *this;
}

Command& Command::args(std::vector<std::string> arguments) {
  wishes_.arguments.insert(wishes_.arguments.end(), std::make_move_iterator(arguments.begin()),
                           std::make_move_iterator(arguments.end()));
  return *this;
}

Command& Command::name(std::string argv0) {
  wishes_.name = std::move(argv0);
  return *this;
}

Command& Command::env(std::string key, std::string value) {
  wishes_.environment.insert_or_assign(std::move(key), std::move(value));
  return *this;
}

Command& Command::env_remove(std::string key) {
  wishes_.environment.insert_or_assign(std::move(key), std::nullopt);
  return *this;
}

Command& Command::env_clear() {
  wishes_.has_clear_environment = true;
  wishes_.environment.clear();
  return *this;
}

Command& Command::cwd(std::string directory) {
  wishes_.directory = std::move(directory);
  return *this;
}

Command& Command::root(std::string directory) {
  wishes_.root = std::move(directory);
  return *this;
}

Command& Command::in(Stdio from) {
  wishes_.in = std::move(from);
  return *this;
}

Command& Command::out(Stdio to) {
  wishes_.out = std::move(to);
  return *this;
}

Command& Command::err(Stdio to) {
  wishes_.err = std::move(to);
  return *this;
}

Command& Command::input(std::string bytes) {
  wishes_.input = std::move(bytes);
  return *this;
}

Command& Command::descriptor(int target, int source) {
  wishes_.descriptors.insert_or_assign(target, source);
  return *this;
}

Command& Command::terminal(TerminalSize size) {
  wishes_.terminal = size;
  return *this;
}

Command& Command::new_session() {
  wishes_.session = Session::new_session;
  return *this;
}

Command& Command::new_group() {
  wishes_.session = Session::new_group;
  return *this;
}

Command& Command::join_group(std::int32_t group) {
  wishes_.session = Session::join_group;
  wishes_.group = group;
  return *this;
}

Command& Command::foreground() {
  wishes_.is_foreground = true;
  return *this;
}

Command& Command::user(std::uint32_t uid, std::uint32_t gid, std::vector<std::uint32_t> groups) {
  wishes_.user = User{.uid = uid, .gid = gid, .groups = std::move(groups)};
  return *this;
}

Command& Command::user(std::string name) {
  wishes_.user = User{.name = std::move(name)};
  return *this;
}

Command& Command::capabilities(CapabilitySet exactly) {
  wishes_.capabilities = exactly;
  return *this;
}

Command& Command::namespaces(Namespaces wish) {
  wishes_.namespaces = std::move(wish);
  return *this;
}

Command& Command::umask(std::uint32_t mask) {
  wishes_.umask = mask;
  return *this;
}

Command& Command::limit(Resource resource, std::uint64_t soft, std::uint64_t hard) {
  wishes_.limits.push_back({.resource = resource, .soft = soft, .hard = hard});
  return *this;
}

Command& Command::nice(int value) {
  wishes_.nice = value;
  return *this;
}

Command& Command::cpus(std::vector<std::uint32_t> numbers) {
  wishes_.cpus = std::move(numbers);
  return *this;
}

Command& Command::scheduling(Scheduling policy, int priority) {
  wishes_.schedule = Schedule{.policy = policy, .priority = priority};
  return *this;
}

Command& Command::oom_score(int adjustment) {
  wishes_.oom_score = adjustment;
  return *this;
}

Command& Command::no_new_privileges() {
  wishes_.no_new_privileges = true;
  return *this;
}

Command& Command::signals(SignalPolicy policy) {
  wishes_.signals = policy;
  return *this;
}

Command& Command::unsafe_pre_exec(PreExec function, void* context) {
  wishes_.pre_exec = function;
  wishes_.pre_exec_context = context;
  return *this;
}

Command& Command::die_with_parent(int signal) {
  wishes_.parent_death_signal = signal;
  return *this;
}

Command& Command::cgroup(std::string directory) {
  wishes_.cgroup = std::move(directory);
  return *this;
}

Command& Command::deadline(Deadline limit) {
  wishes_.deadline = std::move(limit);
  return *this;
}

Command& Command::output_limit(std::size_t bytes, OverLimit policy) {
  wishes_.output_limit_bytes = bytes;
  wishes_.over_limit = policy;
  return *this;
}

Command& Command::linger(std::chrono::nanoseconds idle) {
  wishes_.linger = idle;
  return *this;
}

Command& Command::on_drop(Drop policy) {
  wishes_.drop = policy;
  return *this;
}

Command& Command::checked() {
  wishes_.is_checked = true;
  return *this;
}

}  // namespace tend
