// The table of options.hpp. A user-visible change of a command begins here.

#include <algorithm>
#include <array>
#include <limits>

#include "cli/commands.hpp"
#include "cli/job_commands.hpp"
#include "cli/options.hpp"
#include "cli/process_commands.hpp"

namespace tend::cli {

namespace {

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

constexpr Option file_option{.name = "file",
                             .letter = 'f',
                             .value = "FILE",
                             .help = "The project's file [./tend.toml; or TEND_FILE]"};
constexpr Option file_option_without_letter{
    .name = "file", .value = "FILE", .help = "The project's file [./tend.toml; or TEND_FILE]"};
constexpr Option project_option{
    .name = "project",
    .letter = 'p',
    .value = "NAME",
    .help =
        "The running project to speak to [that of the file, else the only one; or TEND_PROJECT]"};
constexpr Option state_option{
    .name = "state",
    .value = "DIR",
    .help = "Folder for everything the project keeps [by user; or TEND_STATE]"};
constexpr Option wait_option{.name = "wait",
                             .value = "TIME",
                             .help = "Give up waiting after this time, such as 30s (exit code 1)"};
constexpr Option no_wait_option{.name = "no-wait", .help = "Only ask; do not wait for the result"};
constexpr Option json_option{.name = "json", .help = "Print one JSON object per line"};

constexpr std::array common = {
    Option{.name = "help", .letter = 'h', .help = "Show what there is to know, and exit"},
    Option{.name = "version", .letter = 'V', .help = "Show the version, and exit"},
    Option{.name = "color",
           .value = "WHEN",
           .help = "Use colours: auto, always or never [auto; NO_COLOR and CLICOLOR_FORCE count]"},
};

constexpr std::array up_options = {
    Option{.name = "detach",
           .letter = 'd',
           .help = "Leave the project running in the background, once it is ready"},
    Option{.name = "wait",
           .value = "TIME",
           .help = "With -d: wait at most this long for readiness, such as 30s"},
    Option{.name = "timestamps", .letter = 't', .help = "Show when each line arrived"},
    file_option,
    state_option,
    Option{.name = "view",
           .value = "NANOSECONDS",
           .help = "Show the project of the keeper that started us",
           .is_internal = true},
};
constexpr std::array down_options = {
    Option{.name = "hurry", .help = "Whatever is stopping: on to the next stop stage at once"},
    no_wait_option,
    wait_option,
    file_option,
    project_option,
    state_option};
constexpr std::array upgrade_options = {file_option, project_option, state_option};
constexpr std::array status_options = {json_option, file_option, project_option, state_option};
constexpr std::array wish_options = {no_wait_option, wait_option, file_option, project_option,
                                     state_option};
constexpr std::array logs_options = {
    Option{.name = "follow", .letter = 'f', .help = "Go on with what is written from now on"},
    Option{.name = "lines",
           .letter = 'n',
           .value = "N",
           .help = "Only the last N lines of each service [all; 10 with --follow]"},
    Option{.name = "since",
           .value = "TIME",
           .help = "Only what arrived since then: 10m, 12:30, 2026-05-01T12:30:00Z"},
    Option{.name = "timestamps", .letter = 't', .help = "Show when each line arrived"},
    Option{.name = "raw", .help = "Bytes as they are: no names, nothing escaped"},
    file_option_without_letter,
    project_option,
    state_option,
};
constexpr std::array why_options = {file_option, project_option, state_option};
constexpr std::array check_options = {file_option};
constexpr std::array doctor_options = {json_option, state_option};
constexpr std::array help_options = {
    Option{.name = "markdown", .help = "Everything as one page (docs/cli.md is made of this)"},
    Option{.name = "man", .help = "Everything as a man page in scdoc's language"},
};

constexpr std::array table = {
    Command{
        .name = "up",
        .arguments = "[NAME...]",
        .arguments_max = any_number,
        .summary = "Start a project and show its output",
        .description =
            "Starts what the file describes and shows the output of all services, each line with "
            "the "
            "name of its service in front. Ctrl-C stops everything in order; a second one hurries. "
            "With names, only those services and what they require are started. If the project "
            "runs "
            "already, the named services are started in it.\n\n"
            "With -d it returns when each service is ready, cooling down after too many failures, "
            "or "
            "past its ready timeout; what runs stays running. The exit code is 0 only if all are "
            "ready.",
        .options = up_options,
        .run = run_up},
    Command{.name = "down",
            .summary = "Stop a project, everything in order",
            .description =
                "Stops all services, those that require others first, and ends the project. "
                "It shows what it waits for. It also cleans up what a project left behind "
                "whose keeper was killed.",
            .options = down_options,
            .run = run_down},
    Command{
        .name = "upgrade",
        .summary = "Let a running project go on as this version of tend",
        .description =
            "The keeper becomes the tend-keeper that belongs to this program, as the same "
            "process; director and recorder are replaced. No service notices. Tried before: if "
            "the new program is broken or of another format, the running one goes on, and it is "
            "said why.",
        .options = upgrade_options,
        .run = run_upgrade},
    Command{.name = "status",
            .arguments = "[NAME...]",
            .arguments_max = any_number,
            .summary = "Show the services of a running project",
            .description =
                "One line per service. With --json one object per service; its keys are a "
                "promise: name, state, ready, pid, since, uptime_ms, restarts, last_exit, "
                "reason, tree; absent is null. Without names one object for the project "
                "follows.",
            .options = status_options,
            .run = run_status},
    Command{.name = "start",
            .arguments = "NAME...",
            .arguments_min = 1,
            .arguments_max = any_number,
            .summary = "Start services, with what they require",
            .description =
                "Waits until each is ready, or cannot be. A service that is backing off or "
                "cooling down is tried at once.",
            .options = wish_options,
            .run = run_start},
    Command{
        .name = "stop",
        .arguments = "NAME...",
        .arguments_min = 1,
        .arguments_max = any_number,
        .summary = "Stop services, those that require them first",
        .description = "Waits until nothing of them is left. `tend down` stops the whole project.",
        .options = wish_options,
        .run = run_stop},
    Command{.name = "restart",
            .arguments = "NAME...",
            .arguments_min = 1,
            .arguments_max = any_number,
            .summary = "Stop services and start them anew",
            .description = "Waits until each is ready again, or cannot be.",
            .options = wish_options,
            .run = run_restart},
    Command{
        .name = "logs",
        .arguments = "[NAME...]",
        .arguments_max = any_number,
        .summary = "Show what services wrote",
        .description =
            "The output of all or the named services, merged by the time it arrived. Works also "
            "when the project is not running. Control characters are escaped, except with --raw.",
        .options = logs_options,
        .run = run_logs},
    Command{.name = "why",
            .arguments = "NAME",
            .arguments_min = 1,
            .arguments_max = 1,
            .summary = "Explain the state of a service",
            .description =
                "What state it is in, why and since when, what happens next, what it waits "
                "for, how it ended last, and the last lines it wrote.",
            .options = why_options,
            .run = run_why},
    Command{.name = "check",
            .arguments = "[FILE]",
            .arguments_max = 1,
            .summary = "Check a project's file and say everything that is wrong",
            .description = "Exit code 78 if anything is. Otherwise it shows the order of starting.",
            .options = check_options,
            .run = run_check},
    Command{.name = "init",
            .arguments = "[--] COMMAND [ARGUMENT...]",
            .arguments_min = 1,
            .arguments_max = any_number,
            .ends_at_argument = true,
            .summary = "Run one command as PID 1 of a container should",
            .description =
                "Forwards signals, reaps orphans, and exits as the command does: its code, "
                "or 128 + the number of the signal. 127: not found; 126: cannot be "
                "executed; 125: tend failed.",
            .run = run_init},
    Command{.name = "doctor",
            .summary = "Show what this kernel and container allow, and what tend will use",
            .description = "Tries everything out, and changes nothing. Exit code 1 if something is "
                           "missing that tend cannot do without.",
            .options = doctor_options,
            .run = run_doctor},
    Command{.name = "help",
            .arguments = "[COMMAND]",
            .arguments_max = 1,
            .summary = "Show help for tend or one command",
            .description = "The same as `tend COMMAND --help`.",
            .options = help_options,
            .run = run_help},
    Command{.name = "completion",
            .arguments = "bash|zsh|fish",
            .arguments_min = 1,
            .arguments_max = 1,
            .summary = "Print completions for a shell",
            .description =
                "For bash: `source <(tend completion bash)`; zsh: `source <(tend completion "
                "zsh)` after compinit; fish: `tend completion fish | source`.",
            .run = run_completion},
};

}  // namespace

std::span<const Command> commands() {
  static const std::vector<Command> all = [] {
    // Services first, then jobs, then processes, then what is about tend itself.
    const auto about_tend = std::ranges::find(table, "check", &Command::name);
    std::vector<Command> joined(table.begin(), about_tend);
    std::ranges::copy(job_commands(), std::back_inserter(joined));
    std::ranges::copy(process_commands(), std::back_inserter(joined));
    joined.insert(joined.end(), about_tend, table.end());
    return joined;
  }();
  return all;
}

std::span<const Option> common_options() { return common; }

}  // namespace tend::cli
