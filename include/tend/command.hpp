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
// That is so on every path: with and without an environment, user, root or namespaces of its own.
//
// The child gets exactly: the descriptors 0, 1, 2 and those added here; an empty signal mask; every
// standard signal at its default, except that an ignored SIGHUP stays ignored (nohup). The rest is
// inherited unless set, also which real-time signals are ignored.

#include <tend/capability.hpp>
#include <tend/child.hpp>
#include <tend/deadline.hpp>
#include <tend/detached.hpp>
#include <tend/error.hpp>
#include <tend/exit_status.hpp>
#include <tend/namespaces.hpp>
#include <tend/output.hpp>
#include <tend/resource.hpp>
#include <tend/scheduling.hpp>
#include <tend/signal.hpp>
#include <tend/stdio.hpp>
#include <tend/terminal.hpp>

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
  /// Those of our ignored signals that stay ignored: SIGHUP and the real-time ones. Each other one
  /// costs a system call in the child (about 0.2 us).
  SignalSet keep_ignored = SignalSet{1} | SignalSet::realtime();
  std::optional<SignalSet> mask =
      SignalSet();     ///< Blocked signals; nothing: those of the calling thread.
  SignalSet ignore{};  ///< Ignored from the start, whatever we do with them.

  bool operator==(const SignalPolicy&) const = default;
};

/// See Command::unsafe_pre_exec().
using PreExec = int (*)(void* context);

/// What to run and how. The setters only note what is wished: whether it can be is told by the
/// verb, with the step that failed. EINVAL at step "spawn", before anything has been started: a NUL
/// byte in a text, no program, a key of the environment that is empty or has a `=`, a number out of
/// range.
class Command {
 public:
  /// The arguments are without argv[0]. See above for where the program is looked for.
  explicit Command(std::string program, std::vector<std::string> arguments = {});

  /// `/bin/sh -c script`.
  [[nodiscard]] static Command shell(std::string script);

  /// The program behind an open descriptor of ours (execveat(2)), which stays ours: what was looked
  /// at is what runs. `name` is its argv[0]. A script works too, if the child has the descriptor as
  /// well, descriptor(fd, fd): its interpreter opens /dev/fd/N.
  [[nodiscard]] static Command from_descriptor(int number, std::string name);

  /// Adds arguments. They arrive byte for byte: no shell, no quoting.
  Command& arg(std::string argument);
  Command& args(std::vector<std::string> arguments);

  /// argv[0], if it shall differ from the program.
  Command& name(std::string argv0);

  /// Sets, or removes, one variable of the child's environment, which otherwise is ours at the time
  /// of the start.
  Command& env(std::string key, std::string value);
  Command& env_remove(std::string key);
  /// Starts from an empty environment; variables set before are dropped too.
  Command& env_clear();

  /// The working directory. With root() it is a path in there, `/` by default.
  Command& cwd(std::string directory);

  /// The root directory (chroot(2)), in which the program is looked for too. Needs CAP_SYS_CHROOT,
  /// which a new user namespace gives.
  Command& root(std::string directory);

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

  /// A new pseudo terminal (pty(7)), which controls the new session that the child gets and is its
  /// 0, 1 and 2 where nothing else was said. Our end is Child::terminal(); capture() reads it, and
  /// `out` is then all that the child shows.
  Command& terminal(TerminalSize size = {});

  /// A new session, which it leads and which has no terminal (setsid(2)); a new process group,
  /// which it leads; a group that there is already (setpgid(2)). The last one called counts.
  Command& new_session();
  Command& new_group();
  Command& join_group(std::int32_t group);

  /// The child's process group, a new one if nothing else was said, becomes the foreground group of
  /// our controlling terminal before it executes; see TerminalLoan for the way back. ENXIO: we have
  /// none.
  Command& foreground();

  /// Real, effective and saved ids and exactly these supplementary groups. Needs CAP_SETUID.
  Command& user(std::uint32_t uid, std::uint32_t gid, std::vector<std::uint32_t> groups = {});
  /// The same by name, looked up when the child is started.
  Command& user(std::string name);

  /// Exactly these capabilities, in each of the five sets (capabilities(7)): the child has them and
  /// can never get others, and they survive a change of user. CAP_SETPCAP is needed where others
  /// have to be dropped from the bounding set.
  Command& capabilities(CapabilitySet exactly);

  /// New namespaces. With a user namespace, user() and capabilities() are about the ids in there.
  Command& namespaces(Namespaces wish);

  /// Permissions that new files do not get, 0 to 0777 (umask(2)).
  Command& umask(std::uint32_t mask);

  /// In the unit of the resource: bytes, seconds, a number (setrlimit(2)). EPERM: raising a hard
  /// limit needs CAP_SYS_RESOURCE.
  Command& limit(Resource resource, std::uint64_t soft, std::uint64_t hard);

  /// -20 (gets most) to 19 (setpriority(2)). EACCES: less than ours needs CAP_SYS_NICE, or a limit
  /// Resource::nice that allows it.
  Command& nice(int value);

  /// The CPUs that it may run on, by number from 0 (sched_setaffinity(2)); none: ours. EINVAL: none
  /// of them is there for us.
  Command& cpus(std::vector<std::uint32_t> numbers);

  /// `priority` is 1 to 99 for the two real-time policies, 0 for the others
  /// (sched_setscheduler(2)).
  Command& scheduling(Scheduling policy, int priority = 0);

  /// Who is killed first when memory is short: -1000 (never) to 1000 (proc(5), oom_score_adj). Less
  /// than ours needs CAP_SYS_RESOURCE.
  Command& oom_score(int adjustment);

  /// No program that it or its children execute gets rights by set-user-id or file capabilities
  /// (prctl(2), PR_SET_NO_NEW_PRIVS).
  Command& no_new_privileges();

  /// Replaces the rule at the head of this file: empty mask, default dispositions.
  Command& signals(SignalPolicy policy);

  /// Runs `function(context)` in the child as the last thing before exec, with all signals blocked;
  /// what it returns, unless 0, is the errno of a failure at step "pre_exec".
  ///
  /// Unsafe: the child is a copy of one thread of ours. Any lock may be held for ever by a thread
  /// that is not there, so only async-signal-safe functions may be called (signal-safety(7)): no
  /// allocation, no stdio, no exceptions. What it changes in memory is lost.
  Command& unsafe_pre_exec(PreExec function, void* context = nullptr);

  /// The child gets this signal when we die, however suddenly. Where it is in a new pid namespace,
  /// our death before the exec goes unnoticed.
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

  /// What becomes of it when its Child is destroyed while it runs; Drop::reap by default.
  Command& on_drop(Drop policy);

  /// For status() and capture(): every end but exit code 0 in time is an error, at step "run", that
  /// names the program and says how it ended.
  Command& checked();

  /// Starts it and returns when it has executed. What failed before that is the error.
  [[nodiscard]] Result<Child> spawn() const;

  /// Runs it to its end. A deadline that passes is the error ETIMEDOUT, and the tree is gone.
  [[nodiscard]] Result<ExitStatus> status() const;

  /// Runs it to its end and collects what it writes. A non-zero exit and a passed deadline are
  /// data.
  [[nodiscard]] Result<Output> capture() const;

  /// Replaces this process by the program, with all that was asked for: same pid, no child. Returns
  /// only when that failed. Mask, dispositions, descriptors, working directory and umask are then
  /// as before; what can only be changed in one direction, or needs a right to be undone, stays
  /// changed as far as it came: session and group, limits, nice, CPUs, scheduling, ids and
  /// capabilities of the calling thread, root directory, cgroup, no_new_privileges.
  ///
  /// Refused: what needs us to live on (pipes, input, terminal, deadline), and namespaces, which
  /// begin with a new process.
  [[nodiscard]] Error exec() const;

  /// Starts a daemon: a program that is no child of ours, in a session that has no terminal and of
  /// which it is not the leader, so that it can never get one (unless new_session() makes it one).
  /// It leads a process group of its own. 0, 1 and 2 are /dev/null where nothing else was said; the
  /// working directory stays ours. Errors are told as by spawn(); no zombie is left.
  ///
  /// Refused: what needs us to live on (pipes, input, terminal, foreground, deadline,
  /// die_with_parent).
  [[nodiscard]] Result<Detached> detach() const;

  /// For people: the words as for a shell, and in brackets what else was set; safe on a terminal.
  [[nodiscard]] std::string description() const;

  bool operator==(const Command&) const = default;

  /// What the three setters of groups have asked for.
  enum class Session : std::uint8_t { keep, new_session, new_group, join_group };

  /// See user().
  struct User {
    std::string name{};  ///< Empty: the numbers count.
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups{};
    bool operator==(const User&) const = default;
  };

  /// See limit().
  struct Limit {
    Resource resource = Resource::cpu_seconds;
    std::uint64_t soft = 0;
    std::uint64_t hard = 0;
    bool operator==(const Limit&) const = default;
  };

  /// See scheduling().
  struct Schedule {
    Scheduling policy = Scheduling::other;
    int priority = 0;
    bool operator==(const Schedule&) const = default;
  };

  /// All that was asked for, in the open: who wants to show or store a command reads it here.
  struct Wishes {
    std::string program{};
    std::vector<std::string> arguments{};  ///< Without argv[0].
    std::optional<std::string> name{};
    std::optional<int> program_descriptor{};
    bool has_clear_environment = false;
    std::map<std::string, std::optional<std::string>> environment{};  ///< Nothing: removed.
    std::string directory{};
    std::string root{};
    Stdio in{};
    Stdio out{};
    Stdio err{};
    std::optional<std::string> input{};
    std::map<int, int> descriptors{};  ///< Target to source.
    std::optional<TerminalSize> terminal{};
    Session session = Session::keep;
    std::int32_t group = 0;
    bool is_foreground = false;
    std::optional<User> user{};
    std::optional<CapabilitySet> capabilities{};
    Namespaces namespaces{};
    std::optional<std::uint32_t> umask{};
    std::vector<Limit> limits{};
    std::optional<int> nice{};
    std::vector<std::uint32_t> cpus{};
    std::optional<Schedule> schedule{};
    std::optional<int> oom_score{};
    bool no_new_privileges = false;
    SignalPolicy signals{};
    PreExec pre_exec = nullptr;
    void* pre_exec_context = nullptr;
    int parent_death_signal = 0;
    std::string cgroup{};
    std::optional<Deadline> deadline{};
    std::size_t output_limit_bytes = std::size_t{1} << 30;
    OverLimit over_limit = OverLimit::cut;
    std::chrono::nanoseconds linger{std::chrono::seconds(1)};
    Drop drop = Drop::reap;
    bool is_checked = false;
    bool operator==(const Wishes&) const = default;
  };
  [[nodiscard]] const Wishes& wishes() const { return wishes_; }

 private:
  Wishes wishes_{};
};

}  // namespace tend
