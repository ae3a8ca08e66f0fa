#pragma once
// Command: what to run and how, as a plain value that can be copied, compared and run many times.
//
//   auto output = tend::Command("git").args({"status", "-s"}).cwd("/src").capture();
//
// The program. A name with a `/` is that file, relative to the child's working directory. Any other
// name is looked for in the PATH of the child's environment, entry by entry; an entry that cannot
// be executed is passed over, and if none can, the first reason that is not "no such file" is the
// error. Without PATH: /usr/local/bin, /usr/bin, /bin. A file that is neither a program nor begins
// with `#!` is the error ENOEXEC; no shell is tried.
//
// The child gets exactly: the descriptors 0, 1, 2 and those added here; an empty signal mask; every
// signal at its default, except that an ignored SIGHUP stays ignored (nohup). The rest is inherited
// unless set.

#include <tend/child.hpp>
#include <tend/deadline.hpp>
#include <tend/error.hpp>
#include <tend/exit_status.hpp>
#include <tend/output.hpp>
#include <tend/resource.hpp>
#include <tend/signal.hpp>
#include <tend/stdio.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tend {

/// What capture() does when a stream gives more than the output limit.
enum class OverLimit : std::uint8_t {
  cut,   ///< Keeps the first bytes, reads on and drops the rest: the child is not disturbed.
  kill,  ///< Kills the tree.
};

/// The signal state of the child.
struct SignalPolicy {
  SignalSet keep_ignored{1};  ///< Those of our ignored signals that stay ignored: SIGHUP.
  std::optional<SignalSet> mask =
      SignalSet();  ///< Blocked signals; nothing: those of the calling thread.

  bool operator==(const SignalPolicy&) const = default;
};

class Command {
 public:
  explicit Command(std::string program, std::vector<std::string> arguments = {});

  /// `/bin/sh -c script`.
  [[nodiscard]] static Command shell(std::string script);

  Command& arg(std::string argument);
  Command& args(std::vector<std::string> arguments);

  /// argv[0], if it shall differ from the program.
  Command& name(std::string argv0);

  Command& env(std::string key, std::string value);
  Command& env_remove(std::string key);
  /// Starts from an empty environment; variables set before are dropped too.
  Command& env_clear();

  Command& cwd(std::string directory);

  /// By default spawn() and status() inherit all three; capture() gives /dev/null in and pipes out.
  Command& in(Stdio from);
  Command& out(Stdio to);
  Command& err(Stdio to);

  /// What capture() and status() feed into stdin, which becomes a pipe. That the child closes it
  /// early is no error.
  Command& input(std::string bytes);

  /// Gives the child our descriptor `source` under the number `target`. It must be open when the
  /// child is started, and stays ours.
  Command& descriptor(int target, int source);

  Command& new_session();
  Command& new_group();
  Command& join_group(std::int32_t group);

  /// Real, effective and saved ids and exactly these supplementary groups. Needs CAP_SETUID.
  Command& user(std::uint32_t uid, std::uint32_t gid, std::vector<std::uint32_t> groups = {});
  /// The same by name, looked up when the child is started.
  Command& user(std::string name);

  Command& umask(std::uint32_t mask);
  Command& limit(Resource resource, std::uint64_t soft, std::uint64_t hard);
  Command& nice(int value);
  Command& cpus(std::vector<std::uint32_t> numbers);
  Command& no_new_privileges();
  Command& signals(SignalPolicy policy);

  /// The child gets this signal when we die, however suddenly.
  Command& die_with_parent(int signal = 9);

  /// The child is born in this cgroup2 group (a directory), and its tree is killed through it:
  /// nothing else should live there.
  Command& cgroup(std::string directory);

  /// For status() and capture(): bounds everything. With a deadline capture() gives the child a
  /// process group of its own, unless one of the group setters was called, so that what it leaves
  /// behind can be stopped too.
  Command& deadline(Deadline limit);

  /// For capture(), for each of both streams; 1 GiB by default.
  Command& output_limit(std::size_t bytes, OverLimit policy = OverLimit::cut);

  /// For capture(): how long to go on reading after the child's end while somebody else still holds
  /// a pipe and nothing comes; 1 s by default.
  Command& linger(std::chrono::nanoseconds idle);

  Command& on_drop(Drop policy);

  /// Starts it and returns when it has executed. What failed before that is the error.
  [[nodiscard]] Result<Child> spawn() const;

  /// Runs it to its end. A deadline that passes is the error ETIMEDOUT, and the tree is gone.
  [[nodiscard]] Result<ExitStatus> status() const;

  /// Runs it to its end and collects what it writes. A non-zero exit and a passed deadline are
  /// data.
  [[nodiscard]] Result<Output> capture() const;

  bool operator==(const Command&) const = default;

  enum class Session : std::uint8_t { keep, new_session, new_group, join_group };
  struct User {
    std::string name{};  ///< Empty: the numbers count.
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups{};
    bool operator==(const User&) const = default;
  };
  struct Limit {
    Resource resource = Resource::cpu_seconds;
    std::uint64_t soft = 0;
    std::uint64_t hard = 0;
    bool operator==(const Limit&) const = default;
  };

  /// All that was asked for, in the open: who wants to show or store a command reads it here.
  struct Wishes {
    std::string program{};
    std::vector<std::string> arguments{};  ///< Without argv[0].
    std::optional<std::string> name{};
    bool has_clear_environment = false;
    std::map<std::string, std::optional<std::string>> environment{};  ///< Nothing: removed.
    std::string directory{};
    Stdio in{};
    Stdio out{};
    Stdio err{};
    std::optional<std::string> input{};
    std::map<int, int> descriptors{};  ///< Target to source.
    Session session = Session::keep;
    std::int32_t group = 0;
    std::optional<User> user{};
    std::optional<std::uint32_t> umask{};
    std::vector<Limit> limits{};
    std::optional<int> nice{};
    std::vector<std::uint32_t> cpus{};
    bool no_new_privileges = false;
    SignalPolicy signals{};
    int parent_death_signal = 0;
    std::string cgroup{};
    std::optional<Deadline> deadline{};
    std::size_t output_limit_bytes = std::size_t{1} << 30;
    OverLimit over_limit = OverLimit::cut;
    std::chrono::nanoseconds linger{std::chrono::seconds(1)};
    Drop drop = Drop::reap;
    bool operator==(const Wishes&) const = default;
  };
  [[nodiscard]] const Wishes& wishes() const { return wishes_; }

 private:
  Wishes wishes_{};
};

}  // namespace tend
