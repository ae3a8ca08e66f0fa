#include "cli/process/report.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "base/columns.hpp"
#include "base/duration.hpp"
#include "base/size.hpp"
#include "base/text.hpp"
#include "cli/process/descriptor_words.hpp"
#include "cli/process/process_words.hpp"

namespace tend::cli {

namespace {

using inspect::Descriptor;
using inspect::Process;
using inspect::Socket;
using inspect::State;

using Report = std::vector<ReportLine>;

constexpr std::size_t few = 5;

std::string reason_in_brackets(inspect::Absence why) { return text::format("({})", name_of(why)); }

/// At most so many, and how many more.
std::string some_of(std::vector<std::string> words, std::size_t count_max = few) {
  const std::size_t count = words.size();
  if (count > count_max) {
    words.resize(count_max);
    words.push_back(text::format("{} more", count - count_max));
  }
  return text::join(words, ", ");
}

void add_state(Report& report, const Process& process) {
  std::string words = text::format("{}: {}", name_of(process.state), meaning_of(process.state));
  if (process.wait_channel && !process.wait_channel->empty() && *process.wait_channel != "0") {
    words += text::format(" (in {})", text::printable(*process.wait_channel));
  }
  report.push_back({"state", std::move(words), tone_of(process.state)});
}

void add_user(Report& report, const Process& process, const Surroundings& around) {
  if (!process.status) {
    report.push_back({"user", reason_in_brackets(process.status.why())});
    return;
  }
  const inspect::Credentials& of = process.status->credentials;
  std::string words =
      text::format("{} ({}), group {}", around.user, of.user.effective, of.group.effective);
  if (of.user.real != of.user.effective) {
    words += text::format("; started by {} ({})", around.real_user, of.user.real);
  }
  if (of.has_no_new_privileges) {
    words += "; cannot gain rights (no_new_privs)";
  }
  if (of.seccomp_mode != 0) {
    words += "; system calls filtered (seccomp)";
  }
  const auto effective = process.status->capabilities.effective;
  if (of.user.effective != 0 && !effective.empty()) {
    words += "; " + some_of(effective.names());
  }
  report.push_back({"user", std::move(words)});
}

void add_times(Report& report, const Process& process, const Surroundings& around) {
  report.push_back(
      {"started", text::format("{}, {} ago", around.started, human_duration(around.age))});
  report.push_back(
      {"processor", text::format("{} since then ({} used); {}; {}", percent_words(around.cpu),
                                 cpu_time_words(process.cpu_time()),
                                 count_words(static_cast<std::size_t>(
                                                 std::max<std::int64_t>(process.thread_count, 0)),
                                             "thread", "threads"),
                                 scheduling_words(process.scheduling))});
}

void add_memory(Report& report, const Process& process) {
  if (process.is_kernel_thread || process.state == State::zombie) {
    return;
  }
  std::string words = human_size(process.resident_bytes) + " in RAM";
  if (process.proportional_memory) {
    words +=
        text::format(", {} of it its own", human_size(process.proportional_memory->private_bytes));
  }
  if (process.status && process.status->memory) {
    const inspect::Memory& memory = *process.status->memory;
    words += text::format(", {} at most so far", human_size(memory.resident_peak_bytes));
    if (memory.swapped_bytes > 0) {
      words += text::format(", {} swapped out", human_size(memory.swapped_bytes));
    }
  }
  report.push_back(
      {"memory", words + text::format("; {} of addresses", human_size(process.virtual_bytes))});
}

void add_files(Report& report, const Process& process) {
  if (process.is_kernel_thread) {
    return;
  }
  report.push_back({"executable", text_or_reason(process.executable)});
  report.push_back({"directory", text_or_reason(process.directory)});
  if (process.root && *process.root != "/") {
    report.push_back({"root", text::printable(*process.root)});
  }
}

void add_family(Report& report, const Process& process, const Surroundings& around) {
  report.push_back({"parent", around.parent.empty() ? "none that we see" : around.parent});
  if (!around.children.empty()) {
    report.push_back(
        {"children", text::format("{}: {}", around.children.size(), some_of(around.children))});
  }
  std::string words = text::format("{}, group {}", process.session, process.group);
  if (process.terminal != 0) {
    words += ", on " + terminal_words(process.terminal);
    words +=
        process.foreground_group == process.group ? " in the foreground" : " in the background";
  } else {
    words += ", no terminal";
  }
  report.push_back({"session", std::move(words)});
}

/// `12 files, 3 sockets`, most first.
std::string kinds_words(const inspect::Descriptors& descriptors) {
  std::map<std::string_view, std::size_t> counts;
  for (const Descriptor& descriptor : descriptors.open) {
    ++counts[name_of(descriptor.kind)];
  }
  std::vector<std::pair<std::string_view, std::size_t>> sorted(counts.begin(), counts.end());
  std::ranges::sort(sorted, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  std::vector<std::string> words;
  for (const auto& [kind, count] : sorted) {
    words.push_back(text::format("{} {}", count, kind));
  }
  return some_of(std::move(words));
}

std::optional<std::uint64_t> soft_limit(const Process& process, Resource resource) {
  if (!process.limits) {
    return std::nullopt;
  }
  const auto found = std::ranges::find(*process.limits, resource, &inspect::Limit::resource);
  return found == process.limits->end() ? std::nullopt : found->soft;
}

void add_open_files(Report& report, const Process& process) {
  if (!process.descriptors) {
    if (!process.is_kernel_thread) {
      report.push_back({"open files", reason_in_brackets(process.descriptors.why())});
    }
    return;
  }
  const std::size_t count = process.descriptors->open.size();
  std::string words = text::format("{}", count);
  Tone tone = Tone::plain;
  if (const auto limit = soft_limit(process, Resource::descriptors)) {
    words += text::format(" of at most {}", *limit);
    tone = count * 5 > *limit * 4 ? Tone::red : Tone::plain;  // More than four fifths.
  }
  if (count > 0) {
    words += ": " + kinds_words(*process.descriptors);
  }
  report.push_back({"open files", std::move(words), tone});
}

void add_sockets(Report& report, const Process& process) {
  if (!process.descriptors) {
    return;
  }
  std::vector<std::string> listening;
  std::vector<std::string> connected;
  for (const Descriptor& descriptor : process.descriptors->open) {
    const auto* socket = std::get_if<Socket>(&descriptor.detail);
    if (socket == nullptr) {
      continue;
    }
    if (socket->state == inspect::SocketState::listening) {
      const std::string at =
          socket->path.empty() ? socket->local.text() : text::printable(socket->path);
      listening.push_back(text::format("{} {}", name_of(socket->type), at));
    } else if (socket->remote.port != 0) {
      connected.push_back(socket->remote.text());
    }
  }
  if (!listening.empty()) {
    report.push_back({"listens on", some_of(std::move(listening))});
  }
  if (!connected.empty()) {
    report.push_back({"connected to", some_of(std::move(connected))});
  }
}

void add_signals(Report& report, const Process& process) {
  if (!process.status || process.is_kernel_thread) {
    return;
  }
  const inspect::Signals& of = process.status->signals;
  std::vector<std::string> words;
  const auto add = [&words](std::string_view what, SignalSet set) {
    if (!set.empty()) {
      words.push_back(text::format("{} {}", what, set.description()));
    }
  };
  const SignalSet ordinary = SignalSet::from_bits((std::uint64_t{1} << 31U) - 1);
  add("catches", of.caught & ordinary);
  add("ignores", of.ignored & ordinary);
  add("blocks", of.blocked & ordinary);
  add("has pending", of.pending | of.pending_for_all);
  report.push_back({"signals", words.empty() ? "all at their defaults" : text::join(words, "; ")});
}

void add_place(Report& report, const Process& process, const Surroundings& around) {
  if (process.namespaces && !around.our_namespaces.empty()) {
    std::vector<std::string> own;
    for (const inspect::Namespace& space : *process.namespaces) {
      const auto ours =
          std::ranges::find(around.our_namespaces, space.type, &inspect::Namespace::type);
      if (ours != around.our_namespaces.end() && ours->inode != space.inode) {
        own.push_back(space.type);
      }
    }
    if (!own.empty()) {
      report.push_back({"namespaces", "other than ours: " + text::join(own, ", ")});
    }
  }
  if (!process.cgroups) {
    return;
  }
  if (const auto container = inspect::container_of(*process.cgroups)) {
    report.push_back(
        {"container", text::format("{} {}", container->engine, text::printable(container->id))});
  }
  if (const auto path = inspect::unified_cgroup(*process.cgroups); path && *path != "/") {
    report.push_back({"cgroup", text::printable(*path)});
  }
}

/// What somebody who debugs would want to be told unasked.
void add_remarks(Report& report, const Process& process) {
  const auto remark = [&report](std::string words) {
    report.push_back({"note", std::move(words), Tone::yellow});
  };
  if (process.is_kernel_thread) {
    remark("a thread of the kernel: no program, no memory of its own, and signals do nothing");
  }
  if (process.state == State::zombie) {
    remark(text::format("only its parent, {}, can remove it, by waiting for it or by ending",
                        process.parent.pid));
  }
  if (process.status && process.status->tracer != 0) {
    remark(text::format("process {} is tracing it", process.status->tracer));
  }
  if (process.executable && process.executable->ends_with(" (deleted)")) {
    remark("the file it executes was removed or replaced since it was started");
  }
}

}  // namespace

std::vector<ReportLine> summary_of(const Process& process, const Surroundings& around) {
  Report report;
  report.push_back({"process", process_title(process), Tone::bold});
  report.push_back({"command", command_words(process)});
  if (!around.service.empty()) {
    report.push_back({"service", around.service, Tone::cyan});
  }
  if (!around.job.empty()) {
    report.push_back({"job", around.job, Tone::cyan});
  }
  add_state(report, process);
  add_remarks(report, process);
  add_user(report, process, around);
  add_times(report, process, around);
  add_memory(report, process);
  add_files(report, process);
  add_family(report, process, around);
  add_open_files(report, process);
  add_sockets(report, process);
  add_signals(report, process);
  add_place(report, process, around);
  return report;
}

std::vector<std::string> laid_out(std::span<const ReportLine> lines, const Painter& painter) {
  std::size_t width = 0;
  for (const ReportLine& line : lines) {
    width = std::max(width, text::display_columns(line.label));
  }
  std::vector<std::string> laid;
  for (const ReportLine& line : lines) {
    const std::size_t padding = width - text::display_columns(line.label);
    laid.push_back(painter.paint(Tone::dim, line.label) + std::string(padding + 2, ' ') +
                   painter.paint(line.tone, line.text));
  }
  return laid;
}

}  // namespace tend::cli
