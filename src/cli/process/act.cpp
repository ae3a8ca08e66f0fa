#include "cli/process/act.hpp"

#include <tend/inspect/tree.hpp>
#include <tend/process_handle.hpp>

#include <algorithm>
#include <cerrno>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/process/process_words.hpp"

namespace tend::cli {

namespace {

/// What came of one deed.
struct Report {
  std::string result{};  ///< `done`, `would be done`, `refused`, `gone`, `failed`.
  std::string words{};
  bool is_good = true;
};

Result<ProcessHandle> open(const Member& member) {
  return ProcessHandle::open(
      ProcessIdentity{.pid = member.identity.pid, .start_ticks = member.identity.start_ticks});
}

Report failure(const Error& error) {
  if (error.code == ESRCH) {
    return {.result = "gone", .words = "it has ended meanwhile", .is_good = false};
  }
  return {.result = "failed", .words = error.message(), .is_good = false};
}

class Actor {
 public:
  Actor(const Choices& choices, const Deed& deed, const Invocation& invocation)
      : choices_(choices), deed_(deed), invocation_(invocation), out_(invocation) {}

  Outcome<int> run() {
    bool is_good = true;
    for (const Choice& choice : choices_.chosen) {
      const Report report = treat(choice);
      print(choice, report);
      is_good = is_good && report.is_good;
    }
    return out_.finish(is_good ? 0 : exit_failed);
  }

 private:
  [[nodiscard]] bool is_dry() const { return invocation_.has("dry-run"); }

  Report treat(const Choice& choice) {
    if (choice.refusal && !(choice.refusal->can_be_forced && invocation_.has("force"))) {
      return {.result = "refused",
              .words = choice.refusal->reason +
                       (choice.refusal->can_be_forced ? " (--force does it all the same)" : ""),
              .is_good = false};
    }
    if (is_dry()) {
      return {.result = "would be done", .words = would_words(choice)};
    }
    return perform(choice);
  }

  [[nodiscard]] std::string would_words(const Choice& choice) const {
    std::string words = text::format("would get {}", deed_.signal);
    if (!deed_.is_for_tree || choice.below.empty()) {
      return words;
    }
    words += ", and so would:";
    for (const Member& member : choice.below) {
      words += "\n  " + member.title;
    }
    return words;
  }

  Report perform(const Choice& choice) {
    const auto handle = open(choice.process);
    if (!handle) {
      return failure(handle.error());
    }
    const auto done = deed_.is_for_tree ? deed_.tree(*handle) : deed_.one(*handle);
    if (!done) {
      return failure(done.error());
    }
    Report report{.result = "done", .words = *done};
    if (deed_.is_for_tree) {
      report.words += count_of(choice);
      treat_detached(choice, report);
    }
    return report;
  }

  [[nodiscard]] static std::string count_of(const Choice& choice) {
    return choice.below.empty() ? "" : text::format(", with {} below it", choice.below.size());
  }

  /// Of a service: what detached itself is below nobody, and known by its mark only.
  void treat_detached(const Choice& choice, Report& report) const {
    if (!choice.service) {
      return;
    }
    for (const Member& member : detached(choice)) {
      const auto handle = open(member);
      const auto done = handle ? deed_.one(*handle) : std::unexpected(handle.error());
      if (!done && done.error().code != ESRCH) {
        report.is_good = false;
        report.result = "failed";
        report.words += "; " + done.error().message();
      }
    }
  }

  [[nodiscard]] std::vector<Member> detached(const Choice& choice) const {
    const auto processes = choices_.look.snapshot.processes();
    const inspect::Tree tree(processes);
    const auto top = tree.find(choice.process.identity.pid);
    std::vector<std::size_t> below;
    if (top) {
      below = tree.with_descendants(*top);
    }
    std::vector<Member> left;
    for (const Member& member : choice.below) {
      const auto index = tree.find(member.identity.pid);
      const bool is_reached = index && (std::ranges::find(below, *index) != below.end() ||
                                        processes[*index].session == choice.process.identity.pid);
      if (!is_reached) {
        left.push_back(member);
      }
    }
    return left;
  }

  void print(const Choice& choice, const Report& report) {
    if (invocation_.has("json")) {
      out_.line(json::write(object_of(choice, report)));
      return;
    }
    const std::string title =
        choice.service ? choice.service->name + ": " + choice.process.title : choice.process.title;
    const std::string line = title + ": " + report.words;
    if (report.is_good) {
      out_.line(line);
    } else {
      out_.flush();  // So that the order of the lines is that of the deeds.
      complain(line);
    }
  }

  [[nodiscard]] json::Value object_of(const Choice& choice, const Report& report) const {
    json::Value below = json::Value::array();
    if (deed_.is_for_tree) {
      for (const Member& member : choice.below) {
        below.push(member.identity.pid);
      }
    }
    return json::Value::object(
        {{"pid", choice.process.identity.pid},
         {"name", choice.name},
         {"service", choice.service ? json::Value(choice.service->title()) : json::Value()},
         {"action", deed_.verb},
         {"signal", deed_.signal},
         {"tree", deed_.is_for_tree},
         {"below", std::move(below)},
         {"result", report.result},
         {"detail", report.words}});
  }

  const Choices& choices_;
  const Deed& deed_;
  const Invocation& invocation_;
  Output out_;
};

}  // namespace

Outcome<int> act_on(const Choices& choices, const Deed& deed, const Invocation& invocation) {
  return Actor(choices, deed, invocation).run();
}

}  // namespace tend::cli
