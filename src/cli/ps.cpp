// `tend ps`: processes as a table or as JSON; which of them, which columns, in which order.

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/process/look.hpp"
#include "cli/process/process_words.hpp"
#include "os/standard_streams.hpp"

namespace tend::cli {

namespace {

using inspect::Fields;
using inspect::Process;

constexpr std::string_view for_programs =
    "pid,ppid,user,uid,state,name,command,cpu,time,rss,threads,age,start,service,job";

/// Who is shown; all conditions that are set must hold.
struct Wanted {
  std::vector<std::int32_t> pids{};
  std::vector<inspect::State> states{};
  std::optional<std::string> name{};
  std::optional<std::string> service{};
  std::optional<std::int32_t> run{};
  std::optional<std::uint64_t> job{};
  bool has_kernel_threads = false;
};

Outcome<std::vector<std::int32_t>> pids_of(const Invocation& invocation) {
  std::vector<std::int32_t> pids;
  for (const std::string& word : invocation.arguments()) {
    const auto pid = parse_integer<std::int32_t>(word);
    if (!pid || *pid <= 0) {
      return fail(exit_usage,
                  text::format("ps: {} is not a pid; --name finds by name", text::quoted(word)));
    }
    pids.push_back(*pid);
  }
  return pids;
}

Outcome<std::vector<inspect::State>> states_of(const Invocation& invocation) {
  std::vector<inspect::State> states;
  if (const auto list = invocation.value("in-state")) {
    for (const std::string_view word : text::split(*list, ',')) {
      const auto state = state_named(text::trimmed(word));
      if (!state) {
        return fail(exit_usage,
                    text::format("ps: --in-state: {} is no state; there are running, sleeping, "
                                 "uninterruptible, stopped, traced, zombie, idle, or the kernel's "
                                 "letters",
                                 text::quoted(word)));
      }
      states.push_back(*state);
    }
  }
  return states;
}

template <typename Number>
Outcome<std::optional<Number>> number_of(const Invocation& invocation, std::string_view option,
                                         std::string_view meaning) {
  const auto word = invocation.value(option);
  if (!word) {
    return std::nullopt;
  }
  const auto number = parse_integer<Number>(*word);
  if (!number || *number <= 0) {
    return fail(exit_usage,
                text::format("ps: --{}: {} is not {}", option, text::quoted(*word), meaning));
  }
  return number;
}

Outcome<Wanted> wanted_of(const Invocation& invocation) {
  Wanted wanted{
      .pids = TEND_TRY(pids_of(invocation)),
      .states = TEND_TRY(states_of(invocation)),
      .name = invocation.value("name"),
      .service = invocation.value("service"),
      .run = TEND_TRY(number_of<std::int32_t>(invocation, "run", "the pid of a `tend run`")),
      .job = TEND_TRY(number_of<std::uint64_t>(invocation, "job", "the number of a job")),
      .has_kernel_threads = invocation.has("kernel")};
  if (wanted.service && wanted.service->starts_with('@')) {
    wanted.service->erase(0, 1);
  }
  return wanted;
}

bool belongs_to(const ServiceRun* run, const std::string& service) {
  return run != nullptr && (run->name == service || run->title() == service);
}

template <typename T>
bool is_among(const std::vector<T>& values, const T& value) {
  return std::ranges::find(values, value) != values.end();
}

bool belongs_to(const std::optional<RunJob>& job, const Wanted& wanted) {
  return (!wanted.run || (job && job->run == *wanted.run)) &&
         (!wanted.job || (job && job->sequence == *wanted.job));
}

bool is_wanted(const Look& look, std::size_t index, const Wanted& wanted) {
  const Process& process = look.snapshot.processes()[index];
  if (!wanted.pids.empty() && !is_among(wanted.pids, process.identity.pid)) {
    return false;
  }
  if (!wanted.states.empty() && !is_among(wanted.states, process.state)) {
    return false;
  }
  if (wanted.name && !is_called(process, *wanted.name)) {
    return false;
  }
  return (!wanted.service || belongs_to(look.service_of(index), *wanted.service)) &&
         belongs_to(look.jobs[index], wanted);
}

Outcome<inspect::Filter> kernel_filter(const Invocation& invocation) {
  inspect::Filter filter;
  if (const auto user = invocation.value("user")) {
    filter.user = TEND_TRY(uid_named("ps: --user", *user));
  }
  filter.cgroup = invocation.value("cgroup");
  if (filter.cgroup && !filter.cgroup->starts_with('/')) {
    return fail(exit_usage, text::format("ps: --cgroup: {} does not begin with /; `tend ps -o "
                                         "pid,cgroup` shows the groups that there are",
                                         text::quoted(*filter.cgroup)));
  }
  return filter;
}

using Columns = std::vector<const PsColumn*>;

/// Nothing: nobody asked for certain ones.
Outcome<std::optional<Columns>> columns_asked_for(const Invocation& invocation) {
  if (const auto list = invocation.value("columns")) {
    return TEND_TRY(columns_named(*list));
  }
  if (invocation.has("json")) {
    return TEND_TRY(columns_named(for_programs));
  }
  return std::nullopt;
}

/// Services and jobs only where there are some.
Outcome<Columns> columns_for_people(bool has_services, bool has_jobs) {
  return columns_named(text::format("pid,user,state,cpu,rss,age,{}{}command",
                                    has_services ? "service," : "", has_jobs ? "job," : ""));
}

bool is_about_jobs(const std::optional<Columns>& asked, std::span<const SortKey> keys,
                   const Wanted& wanted) {
  const auto is_job = [](const PsColumn* column) { return column->name == "job"; };
  return wanted.run || wanted.job || (asked && std::ranges::any_of(*asked, is_job)) ||
         std::ranges::any_of(keys, is_job, &SortKey::column);
}

/// What has to be read for the columns, the order and the conditions.
Fields fields_for(std::span<const PsColumn* const> columns, std::span<const SortKey> keys,
                  const Wanted& wanted) {
  Fields fields = Fields::none;
  for (const PsColumn* column : columns) {
    fields = fields | column->fields;
  }
  for (const SortKey& key : keys) {
    fields = fields | key.column->fields;
  }
  return wanted.name ? fields | Fields::command_line | Fields::executable : fields;
}

/// Those that are wanted, and how many threads of the kernel were left out.
struct Chosen {
  std::vector<SeenProcess> processes{};
  std::size_t kernel_threads_left_out = 0;
};

Chosen choose(const Look& look, const Wanted& wanted) {
  Chosen chosen;
  Users users;
  const auto processes = look.snapshot.processes();
  for (std::size_t i = 0; i < processes.size(); ++i) {
    if (!is_wanted(look, i, wanted)) {
      continue;
    }
    if (processes[i].is_kernel_thread && !wanted.has_kernel_threads && wanted.pids.empty()) {
      ++chosen.kernel_threads_left_out;
    } else {
      chosen.processes.push_back(seen_process(look, i, users));
    }
  }
  return chosen;
}

void print_table(Output& out, std::span<const SeenProcess> processes,
                 std::span<const PsColumn* const> columns) {
  std::vector<Heading> headings;
  for (const PsColumn* column : columns) {
    headings.push_back({std::string(column->heading), column->align});
  }
  Table table(std::move(headings));
  for (const SeenProcess& process : processes) {
    std::vector<Cell> row;
    row.reserve(columns.size());
    for (const PsColumn* column : columns) {
      row.push_back(column->cell(process));
    }
    table.add(std::move(row));
  }
  for (const std::string& line :
       table.lines(out.painter(), os::terminal_columns(os::Stream::out))) {
    out.line(line);
  }
}

void print_columns_help(Output& out) {
  Table table({{"COLUMN"}, {"JSON KEY"}, {"MEANING"}});
  for (const PsColumn& column : ps_columns()) {
    table.add({std::string(column.name), std::string(column.key), std::string(column.meaning)});
  }
  for (const std::string& line : table.lines(out.painter(), std::nullopt)) {
    out.line(line);
  }
}

/// Pids that were asked for, and are not among what was read.
std::vector<std::int32_t> missing_pids(const Look& look, const Wanted& wanted) {
  std::vector<std::int32_t> missing;
  std::ranges::copy_if(wanted.pids, std::back_inserter(missing),
                       [&look](std::int32_t pid) { return look.snapshot.find(pid) == nullptr; });
  return missing;
}

void say_what_is_not_shown(const Look& look, const Chosen& chosen) {
  for (const std::string& note : blind_spots(look.snapshot)) {
    complain(note);
  }
  if (chosen.kernel_threads_left_out > 0 && os::is_terminal(os::Stream::out)) {
    complain(count_words(chosen.kernel_threads_left_out, "thread", "threads") +
             " of the kernel not shown; --kernel shows them");
  }
}

}  // namespace

Outcome<int> run_ps(const Invocation& invocation) {
  Output out(invocation);
  if (invocation.value("columns") == "help") {
    print_columns_help(out);
    return out.finish(0);
  }
  const Wanted wanted = TEND_TRY(wanted_of(invocation));
  const inspect::Filter filter = TEND_TRY(kernel_filter(invocation));
  const auto keys = TEND_TRY(sort_keys_named(invocation.value("sort").value_or("pid")));
  const std::vector<Target> targets = running_targets(invocation);
  const auto asked = TEND_TRY(columns_asked_for(invocation));
  const auto read = asked ? *asked : TEND_TRY(columns_for_people(!targets.empty(), true));
  Look look = TEND_TRY(
      look_at_processes(targets, {.fields = fields_for(read, keys, wanted), .filter = filter}));
  if (!filter.is_empty() && is_about_jobs(asked, keys, wanted)) {
    TEND_TRY(find_jobs(look));
  }
  const auto columns =
      asked ? *asked : TEND_TRY(columns_for_people(!targets.empty(), look.has_jobs()));
  Chosen chosen = choose(look, wanted);
  sort_by(chosen.processes, keys);
  if (invocation.has("json")) {
    for (const SeenProcess& process : chosen.processes) {
      out.line(json::write(object_of(process, columns)));
    }
  } else if (!chosen.processes.empty()) {
    print_table(out, chosen.processes, columns);
  }
  out.flush();
  if (wanted.pids.empty()) {
    say_what_is_not_shown(look, chosen);
  }
  const std::vector<std::int32_t> missing = missing_pids(look, wanted);
  for (const std::int32_t pid : missing) {
    complain(filter.is_empty() ? text::format("there is no process {}", pid)
                               : text::format("there is no process {} that fits", pid));
  }
  if (chosen.processes.empty() && missing.empty()) {
    complain("no process fits");
  }
  return out.finish(chosen.processes.empty() || !missing.empty() ? exit_failed : 0);
}

}  // namespace tend::cli
