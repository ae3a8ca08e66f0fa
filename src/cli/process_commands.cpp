#include "cli/process_commands.hpp"

#include <array>
#include <limits>

#include "cli/commands.hpp"

namespace tend::cli {

namespace {

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

constexpr Option json_option{.name = "json", .help = "Print one JSON object per line"};
constexpr Option kernel_option{
    .name = "kernel", .letter = 'k', .help = "Show threads of the kernel too"};

constexpr Option state_option{
    .name = "state",
    .value = "DIR",
    .help = "Folder for everything projects keep [by user; or TEND_STATE]"};

constexpr std::array ps_options = {
    Option{.name = "columns",
           .letter = 'o',
           .value = "LIST",
           .help = "Which columns, such as pid,user,rss; `-o help` lists them"},
    Option{.name = "sort",
           .letter = 's',
           .value = "LIST",
           .help = "By which columns, such as -cpu,pid; - is from large to small [pid]"},
    Option{.name = "user", .letter = 'u', .value = "USER", .help = "Only those of this user"},
    Option{.name = "name",
           .letter = 'n',
           .value = "NAME",
           .help = "Only those with this name, as the kernel, argv[0] or the executable has it"},
    Option{.name = "in-state",
           .value = "LIST",
           .help = "Only those in one of these states, such as stopped,zombie"},
    Option{.name = "cgroup",
           .value = "PATH",
           .help = "Only those in this control group and below, such as /user.slice"},
    Option{.name = "service",
           .value = "NAME",
           .help = "Only those of this service of tend, such as web or shop/web"},
    Option{.name = "run",
           .value = "PID",
           .help = "Only those of jobs of the `tend run` with this pid"},
    Option{.name = "job",
           .value = "N",
           .help = "Only those of jobs with this number, as TEND_SEQ and the job log have it"},
    kernel_option,
    json_option,
    state_option,
};
constexpr std::array tree_options = {kernel_option, json_option, state_option};
constexpr std::array inspect_options = {json_option, state_option};
constexpr std::array json_only = {json_option};
constexpr std::array maps_options = {
    Option{.name = "sizes",
           .letter = 's',
           .help = "Show how much of each region is in RAM and swapped out (slow to read)"},
    json_option,
};

constexpr Option file_option{.name = "file",
                             .letter = 'f',
                             .value = "FILE",
                             .help =
                                 "The file of the project whose services bare words name "
                                 "[./tend.toml; or TEND_FILE]"};
constexpr Option project_option{.name = "project",
                                .letter = 'p',
                                .value = "NAME",
                                .help = "The project whose services bare words name"};
constexpr Option all_option{.name = "all",
                            .letter = 'a',
                            .help = "All processes that have a name, not only when it is one"};
constexpr Option force_option{.name = "force",
                              .help = "Also pid 1, and the processes of tend itself"};
constexpr Option dry_run_option{
    .name = "dry-run", .letter = 'n', .help = "Only say what would be done, and to whom"};

constexpr std::array wait_options = {
    Option{.name = "timeout",
           .letter = 't',
           .value = "TIME",
           .help = "Give up after this time, such as 30s (exit code 124)"},
    Option{.name = "any", .help = "Until one of them has ended, not all"},
    Option{.name = "status",
           .help = "Exit as the process did, or 125 where the kernel does not tell"},
    all_option,
    json_option,
    file_option,
    project_option,
    state_option,
};
constexpr std::array kill_options = {
    Option{.name = "signal",
           .letter = 's',
           .value = "SIGNAL",
           .help = "Which signal, by name or number [TERM]; `tend signals` lists them"},
    Option{.name = "tree", .letter = 't', .help = "Everything below the process too"},
    Option{.name = "then",
           .value = "SIGNAL",
           .help = "Wait for the end, and send this signal if it does not come in time"},
    Option{.name = "after", .value = "TIME", .help = "How long --then waits [5s]"},
    all_option,
    force_option,
    dry_run_option,
    json_option,
    file_option,
    project_option,
    state_option,
};
constexpr std::array halt_options = {
    Option{.name = "alone", .help = "Only the process itself, not everything below it"},
    all_option,
    force_option,
    dry_run_option,
    json_option,
    file_option,
    project_option,
    state_option,
};
constexpr std::array exec_options = {
    Option{.name = "user",
           .letter = 'u',
           .value = "USER[:GROUP]",
           .help = "As this user, with the groups of its account, or this group alone"},
    Option{.name = "groups", .value = "LIST", .help = "With --user: exactly these other groups"},
    Option{.name = "capabilities",
           .value = "LIST",
           .help = "With exactly these capabilities for ever, or `none`"},
    Option{.name = "no-new-privileges", .help = "No program it executes can gain rights"},
    Option{.name = "unshare",
           .value = "LIST",
           .help = "In new namespaces: user, pid, mount, net, uts, ipc, cgroup, time; tend stays "
                   "beside it and ends as it does"},
    Option{.name = "map-root", .help = "With --unshare=user: be root in there"},
    Option{.name = "root", .value = "DIR", .help = "With this root directory (chroot)"},
    Option{.name = "cwd", .letter = 'C', .value = "DIR", .help = "In this working directory"},
    Option{.name = "env",
           .letter = 'e',
           .value = "NAME=VALUE",
           .help = "With this variable; may come more than once"},
    Option{.name = "env-remove",
           .value = "NAME",
           .help = "Without this variable; may come more than once"},
    Option{.name = "env-clear", .help = "With no variables but those of --env"},
    Option{.name = "argv0", .value = "NAME", .help = "Called by this name (argv[0])"},
    Option{.name = "nice", .value = "N", .help = "With this nice value, -20 to 19"},
    Option{.name = "cpus", .value = "LIST", .help = "On these processors only, such as 0,2-3"},
    Option{.name = "scheduler",
           .value = "POLICY",
           .help = "other, batch, idle, fifo:1-99 or round-robin:1-99"},
    Option{.name = "oom-score",
           .value = "N",
           .help = "Killed first (1000) or never (-1000) when memory runs out"},
    Option{.name = "limit",
           .letter = 'l',
           .value = "NAME=SOFT[:HARD]",
           .help = "With this limit, such as nofile=1024 or as=1GiB; may come more than once"},
    Option{.name = "umask", .value = "MODE", .help = "With this umask, such as 027"},
    Option{.name = "cgroup", .value = "DIR", .help = "In this control group (version 2)"},
    Option{.name = "session", .help = "In a session of its own, without a terminal"},
    Option{.name = "group", .help = "In a process group of its own"},
    Option{.name = "foreground", .help = "In the foreground of the terminal"},
    Option{
        .name = "parent-death", .value = "SIGNAL", .help = "Gets this signal when our parent dies"},
    Option{.name = "ignore", .value = "LIST", .help = "Ignores these signals, such as INT,QUIT"},
    Option{.name = "block", .value = "LIST", .help = "Blocks these signals"},
    Option{.name = "stdin", .value = "FILE", .help = "Reads from this file"},
    Option{.name = "stdout", .value = "FILE", .help = "Writes to this file"},
    Option{.name = "stderr",
           .value = "FILE",
           .help = "Writes its errors to this file; `stdout` is wherever that goes"},
    Option{.name = "append", .help = "Writes to the ends of these files"},
    dry_run_option,
};
constexpr std::array timeout_options = {
    Option{.name = "signal",
           .letter = 's',
           .value = "SIGNAL",
           .help = "Send this one when the time is over [TERM]"},
    Option{.name = "kill-after",
           .letter = 'k',
           .value = "DURATION",
           .help = "SIGKILL when something still runs so long after that; 0: never [10s]"},
    Option{.name = "preserve-status",
           .help = "Exit as the command does, also when it took too long"},
    Option{.name = "foreground",
           .help = "Leave the command in our process group, where it can use the terminal"},
};
constexpr std::array lock_options = {
    Option{.name = "timeout",
           .letter = 't',
           .value = "DURATION",
           .help = "Wait no longer than this, such as 10s"},
    Option{.name = "try", .help = "Do not wait at all"},
    Option{.name = "slots",
           .letter = 'n',
           .value = "N",
           .help = "Up to N may hold the name at once, 1 to 1000 [1]"},
    Option{.name = "busy-code",
           .value = "CODE",
           .help = "Exit with this when others hold it, 1 to 255 [75]"},
    state_option,
};
constexpr std::array top_options = {
    Option{.name = "every",
           .letter = 'd',
           .value = "TIME",
           .help = "How often to look, such as 1s or 500ms [2s]"},
    json_option,
    Option{.name = "count", .letter = 'n', .value = "N", .help = "With --json: end after N looks"},
    state_option,
    Option{
        .name = "screen", .help = "Paint the terminal that our parent guards", .is_internal = true},
};

/// Of flock(1).
constexpr std::array lock_foreign = {
    ForeignOption{"-w", "here it is --timeout"},
    ForeignOption{"--wait", "here it is --timeout"},
    ForeignOption{"--nb", "here it is --try"},
    ForeignOption{"--nonblock", "here it is --try"},
    ForeignOption{"-E", "here it is --busy-code"},
    ForeignOption{"--conflict-exit-code", "here it is --busy-code"},
    ForeignOption{"-c", "give a shell as the command: sh -c TEXT"},
    ForeignOption{"-s", "all hold a name alike; --slots lets several hold it"},
    ForeignOption{"--shared", "all hold a name alike; --slots lets several hold it"},
    ForeignOption{"-x", "that is what it does"},
    ForeignOption{"--exclusive", "that is what it does"},
};

constexpr std::array table = {
    Command{
        .name = "ps",
        .arguments = "[PID...]",
        .arguments_max = any_number,
        .summary = "List processes, and the services and jobs they belong to",
        .description =
            "All processes, or those that fit all of the conditions. What is hidden from us, or "
            "ended while it was read, is counted on standard error. Exit code 1 if nobody fits.",
        .options = ps_options,
        .run = run_ps},
    Command{.name = "tree",
            .arguments = "[PID]",
            .arguments_max = 1,
            .summary = "Show who started whom",
            .description =
                "All processes, or one and everything below it. Those of services of tend are "
                "marked with the name and the state of the service, jobs of `tend run` with their "
                "number.",
            .options = tree_options,
            .run = run_tree},
    Command{.name = "inspect",
            .arguments = "PID [SECTION...]",
            .arguments_min = 1,
            .arguments_max = any_number,
            .summary = "Show what a process is and what it is doing",
            .description =
                "One screen; with names of sections those instead: threads, memory, files, limits, "
                "signals, credentials, environment, place, io, scheduling, or all. What may not be "
                "read is said. With --json everything that can be known, in one object.\n\n"
                "PID is a number, or `self` for tend itself, here and in the commands below.",
            .options = inspect_options,
            .run = run_inspect},
    Command{
        .name = "maps",
        .arguments = "PID [ADDRESS]",
        .arguments_min = 1,
        .arguments_max = 2,
        .summary = "Show the memory map of a process, or explain an address in it",
        .description =
            "Each region with what it is for: code, data, heap, stacks, files, shared memory. "
            "With an address (hexadecimal): in which region it lies and what that means, or why "
            "nothing can lie there.",
        .options = maps_options,
        .run = run_maps},
    Command{.name = "fds",
            .arguments = "PID",
            .arguments_min = 1,
            .arguments_max = 1,
            .summary = "Show what a process has open, and who is at the other end",
            .description =
                "Files, sockets with their addresses and queues, pipes and unix sockets with the "
                "processes at their other end, and everything else that has a descriptor.",
            .options = json_only,
            .run = run_fds},
    Command{.name = "signals",
            .arguments = "[PID]",
            .arguments_max = 1,
            .summary = "Show the table of signals, or what a process does with each",
            .description =
                "Without a pid: number, name, standard, default action and meaning. With one: "
                "which signals it catches, ignores, blocks, and which wait for it. Real-time "
                "signals that are at their default are left out, except with --json.",
            .options = json_only,
            .run = run_signals},
    Command{.name = "limits",
            .arguments = "[PID]",
            .arguments_max = 1,
            .summary = "Show limits and how near they are, of a process or of this machine",
            .description =
                "With a pid: every limit of the process with what it uses of it. Without: how many "
                "processes, threads and open files there are and can be, for this user, this "
                "control group and this machine. Yellow from three quarters on, red from nine "
                "tenths.",
            .options = json_only,
            .run = run_limits},
    Command{
        .name = "top",
        .summary = "Show services, jobs and processes live, and act on them",
        .description =
            "What uses the processors now, with keys to look at, stop, restart, pause and kill "
            "what is selected; the last line names them. With --json a round of objects for each "
            "look, for programs. The terminal is given back as it was, whatever happens.",
        .options = top_options,
        .run = run_top},
    Command{
        .name = "wait",
        .arguments = "PID|NAME|SERVICE...",
        .arguments_min = 1,
        .arguments_max = any_number,
        .summary = "Wait for the end of processes, children or not",
        .description =
            "Says how each ended, where the kernel tells that to others than its parent (Linux "
            "6.15). Digits are a pid, `@web` is a service, a bare word is a service of the project "
            "that runs here, else the name of a process. An identity, as `tend ps -o identity` "
            "prints it, is that very process also when much time has passed: it can be kept in a "
            "file, over a boot too.",
        .options = wait_options,
        .run = run_wait},
    Command{
        .name = "kill",
        .arguments = "PID|NAME|SERVICE...",
        .arguments_min = 1,
        .arguments_max = any_number,
        .summary = "Send a signal to processes, or end whole trees in order",
        .description =
            "The very process that was looked at gets it, or nobody: a pid that was reused is "
            "never touched. A name that several processes have is refused, and they are listed, "
            "unless --all is given. Threads of the kernel and tend itself are refused, pid 1 and "
            "the keeper of a project without --force. Words mean what they mean to `tend wait`.\n\n"
            "With --then it waits: the first signal, then --after at most, then the other one, and "
            "KILL if that does not end it either. A service that is killed is started again as its "
            "policy says; `tend stop` stops it.",
        .options = kill_options,
        .run = run_kill},
    Command{.name = "pause",
            .arguments = "PID|NAME|SERVICE...",
            .arguments_min = 1,
            .arguments_max = any_number,
            .summary = "Pause processes with everything below them",
            .description =
                "Sends SIGSTOP, which no process can refuse. Words mean what they mean to `tend "
                "kill`. The supervisor of a service is not told: its state stays, and its timeouts "
                "and probes go on.",
            .options = halt_options,
            .run = run_pause},
    Command{.name = "resume",
            .arguments = "PID|NAME|SERVICE...",
            .arguments_min = 1,
            .arguments_max = any_number,
            .summary = "Let paused processes go on, with everything below them",
            .description = "Sends SIGCONT. Words mean what they mean to `tend kill`.",
            .options = halt_options,
            .run = run_resume},
    Command{.name = "exec",
            .arguments = "[--] COMMAND [ARGUMENT...]",
            .arguments_min = 1,
            .arguments_max = any_number,
            .ends_at_argument = true,
            .summary = "Set up everything about a process, and become a command",
            .description =
                "What chpst, nice, taskset, prlimit, setsid, env and unshare do, in one step and "
                "in the "
                "right order. All values are checked before anything is changed. With --dry-run it "
                "says "
                "what it would become. Exit codes: 127, not found; 126, cannot be executed; 125, "
                "something before that failed; else those of the command.",
            .options = exec_options,
            .run = run_exec},
    Command{
        .name = "timeout",
        .arguments = "DURATION [--] COMMAND [ARGUMENT...]",
        .arguments_min = 2,
        .arguments_max = any_number,
        .ends_at_argument = true,
        .summary = "Run a command, and stop it when it takes too long",
        .description =
            "DURATION is as in 1.5s, 10m or 1h30m; a plain number is seconds, and 0 is no limit. "
            "Like timeout(1), but the whole tree is stopped: also what left the command's group "
            "or session, and what became an orphan; and SIGKILL follows after 10 s where "
            "--kill-after does not say otherwise. Signals sent to tend go to the whole tree; "
            "when tend is killed, the command is killed too. Exit codes: 124, it took too long; "
            "137, and had to be killed; 127, not found; 126, cannot be executed; 125, tend "
            "failed; else those of the command.",
        .options = timeout_options,
        .run = run_timeout},
    Command{
        .name = "lock",
        .arguments = "NAME [--] COMMAND [ARGUMENT...]",
        .arguments_min = 2,
        .arguments_max = any_number,
        .ends_at_argument = true,
        .summary = "Run a command while nobody else holds a name",
        .description =
            "Waits until the name is free, and becomes the command, which holds it until it and "
            "all that it started and that still have its descriptor have ended, however that "
            "happens. Names are those of this user; whoever waits longest is not served first. "
            "With --slots several may hold it at once. Exit codes: 75, held by others (see "
            "--busy-code); 127, not found; 126, cannot be executed; 125, tend failed; else "
            "those of the command.",
        .options = lock_options,
        .foreign = lock_foreign,
        .run = run_lock},
};

}  // namespace

std::span<const Command> process_commands() { return table; }

}  // namespace tend::cli
