#include "cli/job_commands.hpp"

#include <array>
#include <cstddef>
#include <limits>

#include "cli/commands.hpp"

namespace tend::cli {

namespace {

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

constexpr std::array run_options = {
    // Input.
    Option{.name = "arg-file",
           .letter = 'a',
           .value = "FILE",
           .help = "Items are the lines of this file (- is standard input); can come again"},
    Option{.name = "null", .letter = '0', .help = "Items end with a NUL byte: find -print0"},
    Option{.name = "delimiter",
           .letter = 'd',
           .value = "SEP",
           .help = "Items end with this: , or \\t or \\x1f [\\n]"},
    Option{.name = "col", .value = "SEP", .help = "Each item has columns {1} {2}..., so separated"},
    Option{.name = "csv", .help = "Input is CSV; its first line names the columns: {name}"},
    Option{.name = "max-args",
           .letter = 'n',
           .value = "N",
           .help = "N items for each job; with --pipe, N records"},
    Option{.name = "fill", .letter = 'X', .help = "As many items for each job as the kernel takes"},
    Option{.name = "pipe", .help = "Jobs read blocks of standard input; they have no items"},
    Option{.name = "block", .value = "SIZE", .help = "Size of a block of --pipe [1MiB]"},
    // Slots.
    Option{.name = "jobs",
           .letter = 'j',
           .value = "N",
           .help = "So many side by side: 4, 50%, +1, -1 (of the CPUs) [100%]"},
    Option{.name = "load", .value = "N", .help = "Start only while the load is below N or N%"},
    Option{.name = "mem-free",
           .value = "SIZE",
           .help = "Start only while so much memory is available"},
    Option{.name = "delay", .value = "TIME", .help = "Wait so long between two starts"},
    Option{.name = "jobserver",
           .value = "HOW",
           .help = "Share the slots with make, cargo and ninja among the jobs: pipe or fifo [pipe]",
           .is_value_optional = true},
    // Output.
    Option{.name = "unordered", .letter = 'u', .help = "Show each job's output when it ends"},
    Option{.name = "live", .help = "Show whole lines of all jobs as they come"},
    Option{.name = "raw", .help = "Jobs write where tend does; their lines may mix"},
    Option{.name = "tag",
           .value = "TEXT",
           .help = "Put the items, or this text with its places, in front of each line",
           .is_value_optional = true},
    Option{.name = "out",
           .value = "DIR",
           .help = "Also write DIR/NUMBER/stdout, stderr and status for each job"},
    Option{.name = "json", .help = "Print one JSON object per job, with its output"},
    Option{.name = "quiet", .letter = 'q', .help = "Do not show what jobs write"},
    Option{.name = "progress",
           .value = "HOW",
           .help = "bar, plain or none [bar where stderr is a terminal]",
           .is_value_optional = true},
    // Rules.
    Option{.name = "timeout",
           .letter = 't',
           .value = "TIME",
           .help = "Stop a job with all it started after 30s, or after 300% of the median"},
    Option{.name = "grace", .value = "TIME", .help = "From SIGTERM to SIGKILL [5s]"},
    Option{.name = "retries",
           .letter = 'r',
           .value = "N",
           .help = "Try a job up to N times in all: 3, 3,backoff=1s, 5,backoff=1s..1m"},
    Option{.name = "halt",
           .value = "WHEN",
           .help = "soon or now, and then ,fail=N ,fail=N% ,success=N or ,done=N [never]"},
    Option{.name = "exit",
           .value = "RULE",
           .help = "Exit code of failures: any (1), count (at most 101), job (its code) [any]"},
    Option{.name = "log", .value = "FILE", .help = "Write one JSON object per attempt"},
    Option{.name = "joblog", .value = "FILE", .help = "The same as GNU parallel writes it"},
    Option{.name = "resume",
           .value = "failed",
           .help = "Leave out what the --log says is done, or only what succeeded",
           .is_value_optional = true},
    Option{.name = "force", .help = "With --resume: also when the command has changed"},
    Option{.name = "dry-run", .help = "Print the commands, as for a shell; run nothing"},
    Option{.name = "nice", .value = "N", .help = "Add N to the niceness of jobs"},
    Option{.name = "mem-max", .value = "SIZE", .help = "Address space of each process of a job"},
    Option{.name = "cwd", .value = "DIR", .help = "Where jobs run"},
    Option{.name = "env", .value = "KEY=VALUE", .help = "A variable for jobs; can come again"},
    // Where.
    Option{.name = "on",
           .value = "WHERE",
           .help = "local, or 'slurm [options of srun]': on nodes that Slurm gives [local]"},
    Option{.name = "launcher",
           .value = "CMD",
           .help = "Start workers by this, such as 'ssh n$TEND_WORKER'; each is a tend there"},
    Option{.name = "workers",
           .value = "N",
           .help = "How many workers, with --on or --launcher; -j is the slots of each [1]"},
    Option{.name = "detach",
           .help = "With --on slurm: submit the run and leave; --resume collects it later"},
    Option{.name = "worker-wait",
           .value = "TIME",
           .help = "Try a worker again that has not answered by then [1m; Slurm: never]"},
    // Shell.
    Option{.name = "sh",
           .value = "TEXT",
           .help = "Run this by a shell, with the items as \"$1\" \"$2\"..., never pasted in"},
};

/// Of GNU parallel and xargs.
constexpr std::array run_foreign = {
    ForeignOption{"-k", "output is always in the order of the input"},
    ForeignOption{"--keep-order", "output is always in the order of the input"},
    ForeignOption{"--group", "output is always grouped by job"},
    ForeignOption{"--lb", "here it is --live"},
    ForeignOption{"--line-buffer", "here it is --live"},
    ForeignOption{"--linebuffer", "here it is --live"},
    ForeignOption{"--ungroup", "here it is --raw"},
    ForeignOption{"-P", "here it is -j"},
    ForeignOption{"--max-procs", "here it is --jobs"},
    ForeignOption{"-N", "here it is -n"},
    ForeignOption{"-L", "here it is -n"},
    ForeignOption{"-m", "here it is -X"},
    ForeignOption{"--xargs", "here it is -X"},
    ForeignOption{"-I", "the place for the item is always {}"},
    ForeignOption{"-i", "the place for the item is always {}"},
    ForeignOption{"-C", "here it is --col"},
    ForeignOption{"--colsep", "here it is --col"},
    ForeignOption{"--header", "here it is --csv, with --col for another separator than a comma"},
    ForeignOption{"--link", "write :::+ instead of ::: for the sources that go along"},
    ForeignOption{"--xapply", "write :::+ instead of ::: for the sources that go along"},
    ForeignOption{"--tagstring", "here it is --tag=TEXT"},
    ForeignOption{"--results", "here it is --out"},
    ForeignOption{"--res", "here it is --out"},
    ForeignOption{"--resume-failed", "here it is --resume=failed, with --log"},
    ForeignOption{"--retry-failed", "here it is --resume=failed, with --log"},
    ForeignOption{"--memfree", "here it is --mem-free"},
    ForeignOption{"--dryrun", "here it is --dry-run"},
    ForeignOption{"--bar", "here it is --progress=bar"},
    ForeignOption{"--eta", "here it is --progress"},
    ForeignOption{"--wd", "here it is --cwd"},
    ForeignOption{"--workdir", "here it is --cwd"},
    ForeignOption{"--tmpdir", "set TMPDIR"},
    ForeignOption{"--termseq", "it is SIGTERM, and after --grace SIGKILL"},
    ForeignOption{"--halt-on-error", "here it is --halt"},
    ForeignOption{"--no-run-if-empty", "empty input runs nothing"},
    ForeignOption{"--shell", "here it is --sh TEXT, with the items as \"$1\" \"$2\""},
    ForeignOption{"-S", "for other machines see --on and --launcher"},
    ForeignOption{"--sshlogin", "for other machines see --on and --launcher"},
    ForeignOption{"--slf", "for other machines see --on and --launcher"},
    ForeignOption{"--pipepart", "here it is --pipe, with < FILE"},
    ForeignOption{"--pipe-part", "here it is --pipe, with < FILE"},
    ForeignOption{"--shuf", "pipe the items through shuf(1)"},
    ForeignOption{"--semaphore", "see `tend lock`"},
    ForeignOption{"--will-cite", "there is no notice to silence"},
    ForeignOption{"--no-notice", "there is no notice to silence"},
};

constexpr std::array table = {
    Command{
        .name = "run",
        .arguments = "COMMAND [ARGUMENT...] [::: ITEM...]...",
        .arguments_max = any_number,
        .ends_at_argument = true,
        .summary = "Run a command for many items side by side, results in order",
        .description =
            "Items are lines of standard input, or `::: a b`, `:::+ a b` (along with the source "
            "before), `:::: FILE`. Places in the command: {} {.} {/} {//} {/.} {2} {name} {#} "
            "{%}; without any, the item comes last. Without a command each item is one, for a "
            "shell.\n\nWhat jobs write appears in the order of the input, the first running job "
            "live, and stderr of a job after its stdout. Jobs have TEND_SEQ, TEND_SLOT and "
            "TEND_ATTEMPT, and read "
            "/dev/null.\n\nCtrl-C stops the run, a second one kills it; SIGHUP lets running jobs "
            "finish; SIGUSR1 and SIGUSR2 add and take a slot.\n\nExit code: 0 all succeeded, 1 "
            "some failed, 3 stopped by --halt, 125 tend failed, 128+n interrupted.",
        .options = run_options,
        .foreign = run_foreign,
        .run = run_run},
};

}  // namespace

std::span<const Command> job_commands() { return table; }

}  // namespace tend::cli
