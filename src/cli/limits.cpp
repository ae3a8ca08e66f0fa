// `tend limits`: what a process may use and what it uses; or how near this machine and this user
// are to the limits of processes, threads and open files.

#include <tend/limits.hpp>

#include <algorithm>
#include <optional>

#include "base/json.hpp"
#include "base/number.hpp"
#include "base/size.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/process/limit_words.hpp"
#include "cli/process/one_process.hpp"
#include "cli/process/process_json.hpp"
#include "cli/process/process_words.hpp"
#include "cli/table.hpp"
#include "os/files.hpp"
#include "os/standard_streams.hpp"

namespace tend::cli {

namespace {

using inspect::Fields;
using inspect::Process;

constexpr std::size_t file_bytes_max = 256;

/// Red from nine tenths on, yellow from three quarters on.
Tone tone_of_use(std::uint64_t used, std::uint64_t most) {
  constexpr double red_from = 0.9;
  constexpr double yellow_from = 0.75;
  const double share = most == 0 ? 0 : static_cast<double>(used) / static_cast<double>(most);
  return share >= red_from ? Tone::red : share >= yellow_from ? Tone::yellow : Tone::plain;
}

std::string share_words(std::uint64_t used, std::uint64_t most) {
  constexpr double percent = 100;
  return most == 0 ? "-"
                   : text::format("{:.0f}%",
                                  percent * static_cast<double>(used) / static_cast<double>(most));
}

void print_lines(Output& out, const Table& table) {
  for (const std::string& line :
       table.lines(out.painter(), os::terminal_columns(os::Stream::out))) {
    out.line(line);
  }
}

// --- of one process ---

/// How much of the resource it uses now; nothing where nobody can tell.
std::optional<std::uint64_t> use_of(Resource resource, const Process& process) {
  const inspect::Memory* memory =
      process.status && process.status->memory ? &*process.status->memory : nullptr;
  const auto of_memory = [memory](std::uint64_t inspect::Memory::* part) {
    return memory == nullptr ? std::nullopt : std::optional(memory->*part);
  };
  // No default: a new resource is to be thought of here.
  switch (resource) {
    case Resource::cpu_seconds:
      return static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::seconds>(process.cpu_time()).count());
    case Resource::data: return of_memory(&inspect::Memory::data_bytes);
    case Resource::stack: return of_memory(&inspect::Memory::stack_bytes);
    case Resource::resident: return of_memory(&inspect::Memory::resident_bytes);
    case Resource::locked_memory: return of_memory(&inspect::Memory::locked_bytes);
    case Resource::address_space: return of_memory(&inspect::Memory::virtual_bytes);
    case Resource::descriptors:
      return process.descriptors ? std::optional<std::uint64_t>(process.descriptors->open.size())
                                 : std::nullopt;
    case Resource::pending_signals:
      return process.status ? std::optional(process.status->signals.queued) : std::nullopt;
    case Resource::file_size:
    case Resource::core:
    case Resource::processes:
    case Resource::locks:
    case Resource::message_queues:
    case Resource::nice:
    case Resource::realtime_priority:
    case Resource::realtime_us: return std::nullopt;
  }
  return std::nullopt;
}

struct Known {
  const inspect::Limit* limit = nullptr;
  std::optional<std::uint64_t> used{};
};

json::Value object_of(const Known& known) {
  json::Value object = json_of(*known.limit);
  object.set("resource",
             known.limit->resource ? json::Value(name_of(*known.limit->resource)) : json::Value());
  object.set("used", known.used);
  return object;
}

std::vector<Cell> row_of(const Known& known) {
  const inspect::Limit& limit = *known.limit;
  const bool has_share = known.used && limit.soft;
  const Tone tone = has_share ? tone_of_use(*known.used, *limit.soft) : Tone::plain;
  return {text::printable(limit.label),
          Cell(known.used ? limit_words(known.used, limit.unit) : "-", tone),
          limit_words(limit.soft, limit.unit), limit_words(limit.hard, limit.unit),
          Cell(has_share ? share_words(*known.used, *limit.soft) : "-", tone)};
}

Outcome<int> limits_of_process(const Invocation& invocation, const std::string& word) {
  const Process process = TEND_TRY(
      read_named_process("limits", word, Fields::limits | Fields::status | Fields::descriptors));
  if (!process.limits) {
    return fail(exit_failed, absence_words(process, "limits", process.limits.why()));
  }
  Output out(invocation);
  Table table({{"LIMIT"},
               {"USED", Align::right},
               {"SOFT", Align::right},
               {"HARD", Align::right},
               {"SHARE", Align::right}});
  for (const inspect::Limit& limit : *process.limits) {
    const Known known{.limit = &limit,
                      .used = limit.resource ? use_of(*limit.resource, process) : std::nullopt};
    if (invocation.has("json")) {
      out.line(json::write(object_of(known)));
    } else {
      table.add(row_of(known));
    }
  }
  if (!table.empty()) {
    print_lines(out, table);
  }
  return out.finish(0);
}

// --- of this machine and this user ---

/// A row that no errno is about, but that fills up all the same: /proc/sys/fs/file-nr (proc(5)).
std::optional<StartLimit> open_files() {
  const auto text = os::read_file("/proc/sys/fs/file-nr", file_bytes_max);
  if (!text) {
    return std::nullopt;
  }
  const auto parts = text::split(text::trimmed(*text), '\t');
  if (parts.size() != 3) {
    return std::nullopt;
  }
  const auto used = parse_integer<std::uint64_t>(parts[0]);
  const auto most = parse_integer<std::uint64_t>(parts[2]);
  if (!used || !most) {
    return std::nullopt;
  }
  return StartLimit{.what = "open files of this machine (file-max)", .used = *used, .most = *most};
}

Outcome<int> limits_of_system(const Invocation& invocation) {
  StartLimits known = TEND_TRY(start_limits());
  if (auto files = open_files()) {
    known.limits.push_back(*std::move(files));
  }
  Output out(invocation);
  Table table({{"LIMIT"}, {"USED", Align::right}, {"MOST", Align::right}, {"SHARE", Align::right}});
  for (const StartLimit& limit : known.limits) {
    if (invocation.has("json")) {
      out.line(json::write(json::Value::object(
          {{"limit", limit.what}, {"used", limit.used}, {"most", limit.most}})));
      continue;
    }
    const Tone tone = tone_of_use(limit.used, limit.most);
    // file-max is 2^63 on most machines: nobody is helped by nineteen digits.
    constexpr std::uint64_t countable = std::uint64_t{1} << 62U;
    table.add({text::printable(limit.what), Cell(text::format("{}", limit.used), tone),
               limit.most > countable ? "unlimited" : text::format("{}", limit.most),
               Cell(share_words(limit.used, limit.most), tone)});
  }
  if (!invocation.has("json")) {
    print_lines(out, table);
    out.line("");
    out.line(out.painter().paint(
        Tone::dim, text::format("{} of user {} with {}; `tend limits PID` shows those of one "
                                "process",
                                count_words(known.user_processes, "process", "processes"),
                                known.user, count_words(known.user_threads, "thread", "threads"))));
  }
  return out.finish(0);
}

}  // namespace

Outcome<int> run_limits(const Invocation& invocation) {
  return invocation.arguments().empty()
             ? limits_of_system(invocation)
             : limits_of_process(invocation, invocation.arguments().front());
}

}  // namespace tend::cli
