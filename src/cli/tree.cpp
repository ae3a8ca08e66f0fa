// `tend tree`: who started whom, and which of them are services of tend or jobs of `tend run`.

#include <tend/inspect/tree.hpp>

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/environment.hpp"
#include "cli/output.hpp"
#include "cli/process/branches.hpp"
#include "cli/process/look.hpp"
#include "cli/process/one_process.hpp"
#include "cli/process/process_words.hpp"
#include "cli/table.hpp"
#include "os/standard_streams.hpp"

namespace tend::cli {

namespace {

using inspect::Process;

/// Whether the terminal can show more than ASCII, by the variables that decide (locale(7)).
bool is_utf8_terminal() {
  if (!os::is_terminal(os::Stream::out)) {
    return false;
  }
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (const auto value = variable(name); value && !value->empty()) {
      return value->contains("UTF-8") || value->contains("utf8") || value->contains("UTF8");
    }
  }
  return false;
}

Outcome<std::vector<std::size_t>> tops_of(const Invocation& invocation, const inspect::Tree& tree) {
  if (invocation.arguments().empty()) {
    return std::vector<std::size_t>(tree.roots().begin(), tree.roots().end());
  }
  const std::string& word = invocation.arguments().front();
  const std::int32_t pid = TEND_TRY(pid_of_word("tree", word));
  const auto top = tree.find(pid);
  if (!top) {
    return fail(exit_failed, text::format("there is no process {}", pid));
  }
  return std::vector{*top};
}

std::string service_words(const ServiceRun& run) {
  return run.is_own ? run.title() : text::format("{} ({})", run.title(), run.state);
}

json::Value object_of(const Look& look, const Branch& branch) {
  const Process& process = look.snapshot.processes()[branch.index];
  const ServiceRun* service = look.service_of(branch.index);
  return json::Value::object(
      {{"pid", process.identity.pid},
       {"ppid", process.parent.pid},
       {"depth", branch.depth},
       {"name", process.name},
       {"state", name_of(process.state)},
       {"command", command_words(process)},
       {"service", service == nullptr ? json::Value() : json::Value(service->title())},
       {"job", json_of(look.jobs[branch.index])}});
}

class TreePrinter {
 public:
  TreePrinter(const Look& look, Output& out)
      : look_(look),
        out_(out),
        has_owners_(!look.runs.empty() || look.has_jobs()),
        table_(headings()) {}

  void add(const Branch& branch) {
    const Process& process = look_.snapshot.processes()[branch.index];
    const bool is_usual = process.state == inspect::State::sleeping ||
                          process.state == inspect::State::running ||
                          process.state == inspect::State::idle;
    std::vector<Cell> row = {text::format("{}", process.identity.pid), Cell(user_of(branch.index))};
    if (has_owners_) {
      row.push_back(owner_of(branch.index));
    }
    row.emplace_back(branch.lines + command_words(process) +
                         (is_usual ? "" : text::format(" <{}>", name_of(process.state))),
                     is_usual ? Tone::plain : tone_of(process.state));
    table_.add(std::move(row));
  }

  void print() {
    for (const std::string& line :
         table_.lines(out_.painter(), os::terminal_columns(os::Stream::out))) {
      out_.line(line);
    }
  }

 private:
  [[nodiscard]] std::vector<Heading> headings() const {
    std::vector<Heading> made = {{"PID", Align::right}, {"USER"}};
    if (has_owners_) {
      made.push_back({"SERVICE"});
    }
    made.push_back({"COMMAND"});
    return made;
  }

  /// The job, which is the nearer one where a service runs jobs.
  [[nodiscard]] Cell owner_of(std::size_t index) const {
    if (const auto& job = look_.jobs[index]) {
      return Cell(job->title(), Tone::cyan);
    }
    const ServiceRun* service = look_.service_of(index);
    return service == nullptr
               ? Cell("")
               : Cell(service_words(*service), service->is_own ? Tone::dim : Tone::cyan);
  }

  std::string user_of(std::size_t index) {
    const auto& status = look_.snapshot.processes()[index].status;
    return status ? users_.name_of(status->credentials.user.effective) : "?";
  }

  const Look& look_;
  Output& out_;
  bool has_owners_;
  Table table_;
  Users users_{};
};

}  // namespace

Outcome<int> run_tree(const Invocation& invocation) {
  const Look look = TEND_TRY(look_at_processes(
      invocation, {.fields = inspect::Fields::command_line | inspect::Fields::status}));
  const auto processes = look.snapshot.processes();
  const inspect::Tree tree(processes);
  std::vector<bool> is_left_out(processes.size());
  const bool shows_kernel = invocation.has("kernel");
  for (std::size_t i = 0; i < processes.size(); ++i) {
    is_left_out[i] = processes[i].is_kernel_thread && !shows_kernel;
  }
  const bool has_one_top = !invocation.arguments().empty();
  Output out(invocation);
  TreePrinter printer(look, out);
  for (const std::size_t top : TEND_TRY(tops_of(invocation, tree))) {
    if (is_left_out[top] && !has_one_top) {
      continue;
    }
    const Lines lines = is_utf8_terminal() ? Lines::unicode : Lines::ascii;
    for (const Branch& branch : branches_of(tree, top, is_left_out, lines)) {
      if (invocation.has("json")) {
        out.line(json::write(object_of(look, branch)));
      } else {
        printer.add(branch);
      }
    }
  }
  if (!invocation.has("json")) {
    printer.print();
  }
  out.flush();
  for (const std::string& note : blind_spots(look.snapshot)) {
    complain(note);
  }
  return out.finish(0);
}

}  // namespace tend::cli
