#include "cli/process/choice.hpp"

#include <tend/inspect/tree.hpp>
#include <tend/process_handle.hpp>

#include <algorithm>
#include <set>

#include "base/duration.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/process/process_words.hpp"
#include "cli/target.hpp"
#include "os/procfs.hpp"

namespace tend::cli {

namespace {

using inspect::Fields;
using inspect::Process;

constexpr std::size_t listed_max = 20;

bool is_number(std::string_view word) {
  return !word.empty() &&
         std::ranges::all_of(word, [](char letter) { return letter >= '0' && letter <= '9'; });
}

/// Finds in one look what each word means.
class Chooser {
 public:
  Chooser(const Invocation& invocation, const Look& look, Ambiguity ambiguity)
      : invocation_(invocation),
        look_(look),
        tree_(look.snapshot.processes()),
        ambiguity_(ambiguity),
        own_pid_(os::own_pid()) {}

  /// Indices of processes; the service, if the word names one.
  struct Meaning {
    std::vector<std::size_t> processes{};
    const ServiceRun* service = nullptr;
  };

  Outcome<Meaning> meaning_of(const std::string& word) {
    if (is_number(word)) {
      return by_pid(word);
    }
    if (const auto identity = ProcessIdentity::parse(word)) {
      return by_identity(*identity);
    }
    if (word.starts_with('@')) {
      return by_service(word.substr(1));
    }
    if (find_service(word) != nullptr) {
      return by_service(word);
    }
    return by_name(word);
  }

  [[nodiscard]] Choice choice_of(std::size_t index, const ServiceRun* service) const {
    const Process& process = look_.snapshot.processes()[index];
    Choice choice{.process = member_of(index),
                  .name = process.name,
                  .refusal = refusal_of(process, look_.service_of(index), own_pid_),
                  .below = below(index, service)};
    if (service != nullptr) {
      choice.service = *service;
    }
    return choice;
  }

 private:
  [[nodiscard]] Member member_of(std::size_t index) const {
    const Process& process = look_.snapshot.processes()[index];
    return {.identity = process.identity, .title = process_title(process)};
  }

  Outcome<Meaning> by_pid(const std::string& word) const {
    const auto pid = parse_integer<std::int32_t>(word);
    const auto index = pid ? tree_.find(*pid) : std::nullopt;
    if (!index) {
      return fail(exit_failed, text::format("there is no process {}", word));
    }
    return Meaning{.processes = {*index}};
  }

  Outcome<Meaning> by_identity(const ProcessIdentity& identity) const {
    if (!identity.boot_id.empty() && identity.boot_id != look_.boot_id) {
      return fail(exit_failed, text::format("process {} was started before the last boot, and has "
                                            "ended with it",
                                            identity.pid));
    }
    const auto index = tree_.find(identity.pid);
    if (!index) {
      return fail(exit_failed, text::format("process {} has ended", identity.pid));
    }
    const inspect::Identity& now = look_.snapshot.processes()[*index].identity;
    if (now.start_ticks != identity.start_ticks) {
      return fail(exit_failed,
                  text::format("process {} has ended; another one has its pid now", identity.pid));
    }
    return Meaning{.processes = {*index}};
  }

  /// The project that a bare word is about; empty: none runs here, or nobody can say which.
  const std::string& project() {
    if (!project_) {
      project_ = "";
      if (!look_.runs.empty()) {
        const auto target = find_target(invocation_);
        project_ = target ? target->name : "";
      }
    }
    return *project_;
  }

  const ServiceRun* find_service(std::string_view name) {
    const auto found = std::ranges::find_if(look_.runs, [&](const ServiceRun& run) {
      return !run.is_own && ((run.name == name && run.project == project()) || run.title() == name);
    });
    return found == look_.runs.end() ? nullptr : &*found;
  }

  Outcome<Meaning> by_service(const std::string& name) {
    const ServiceRun* service = find_service(name);
    if (service == nullptr) {
      return fail(exit_not_running,
                  text::format("there is no service {} in a project that runs here",
                               name.empty() ? "without a name" : text::quoted(name)));
    }
    const auto leader = service->leader == 0 ? std::nullopt : tree_.find(service->leader);
    if (!leader) {
      return fail(exit_failed,
                  text::format("{} has no process now: it is {}", name, service->state));
    }
    return Meaning{.processes = {*leader}, .service = service};
  }

  Outcome<Meaning> by_name(const std::string& name) const {
    const auto processes = look_.snapshot.processes();
    Meaning meaning;
    for (std::size_t i = 0; i < processes.size(); ++i) {
      if (processes[i].identity.pid != own_pid_ && is_called(processes[i], name)) {
        meaning.processes.push_back(i);
      }
    }
    if (meaning.processes.empty()) {
      return fail(exit_failed,
                  text::format("no process and no service here is called {}", text::quoted(name)));
    }
    if (meaning.processes.size() > 1 && ambiguity_ == Ambiguity::refused) {
      return fail(exit_failed, several(name, meaning.processes));
    }
    return meaning;
  }

  [[nodiscard]] std::string several(const std::string& name,
                                    const std::vector<std::size_t>& found) const {
    std::string words =
        text::format("{} processes are called {}; say which by their pids, or --all:", found.size(),
                     text::quoted(name));
    for (std::size_t i = 0; i < std::min(found.size(), listed_max); ++i) {
      const Process& process = look_.snapshot.processes()[found[i]];
      words +=
          text::format("\n  {}  {} old  {}", process.identity.pid,
                       human_duration(age_of(process, look_.snapshot)), command_words(process));
    }
    return found.size() > listed_max
               ? words + text::format("\n  and {} more", found.size() - listed_max)
               : words;
  }

  [[nodiscard]] std::vector<Member> below(std::size_t top, const ServiceRun* service) const {
    const auto processes = look_.snapshot.processes();
    const std::int32_t pid = processes[top].identity.pid;
    const auto descendants = tree_.with_descendants(top);
    const std::set<std::size_t> under(descendants.begin(), descendants.end());
    std::vector<Member> members;
    for (std::size_t i = 0; i < processes.size(); ++i) {
      const bool is_member = under.contains(i) || processes[i].session == pid ||
                             (service != nullptr && look_.service_of(i) == service);
      if (is_member && i != top && processes[i].identity.pid != own_pid_) {
        members.push_back(member_of(i));
      }
    }
    return members;
  }

  const Invocation& invocation_;
  const Look& look_;
  inspect::Tree tree_;
  Ambiguity ambiguity_;
  std::int32_t own_pid_;
  std::optional<std::string> project_{};
};

}  // namespace

std::optional<Refusal> refusal_of(const Process& process, const ServiceRun* service,
                                  std::int32_t own_pid) {
  if (process.is_kernel_thread) {
    return Refusal{.reason = "it is a thread of the kernel: signals do nothing to it"};
  }
  if (process.state == inspect::State::zombie && process.thread_count <= 1) {
    return Refusal{.reason = text::format("it has ended, and signals do nothing to a zombie: only "
                                          "its parent, {}, can take it away",
                                          process.parent.pid)};
  }
  if (process.identity.pid == own_pid) {
    return Refusal{.reason = "it is this very tend"};
  }
  if (process.identity.pid == 1) {
    return Refusal{.reason =
                       "it is the first process of this system or container, and whatever "
                       "happens to it happens to everything",
                   .can_be_forced = true};
  }
  if (service != nullptr && service->is_own && service->leader == process.identity.pid) {
    return Refusal{.reason = text::format("it is the {} of the project {}; `tend down -p {}` ends "
                                          "the project in order",
                                          service->name, service->project, service->project),
                   .can_be_forced = true};
  }
  return std::nullopt;
}

Outcome<Choices> choose_processes(const Invocation& invocation, Ambiguity ambiguity) {
  Choices choices{.look = TEND_TRY(look_at_processes(
                      invocation, {.fields = Fields::command_line | Fields::executable}))};
  Chooser chooser(invocation, choices.look, ambiguity);
  std::set<std::int32_t> seen;
  for (const std::string& word : invocation.arguments()) {
    const Chooser::Meaning meaning = TEND_TRY(chooser.meaning_of(word));
    for (const std::size_t index : meaning.processes) {
      if (seen.insert(choices.look.snapshot.processes()[index].identity.pid).second) {
        choices.chosen.push_back(chooser.choice_of(index, meaning.service));
      }
    }
  }
  return choices;
}

}  // namespace tend::cli
