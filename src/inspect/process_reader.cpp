#include "inspect/process_reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "base/number.hpp"
#include "base/scan.hpp"
#include "inspect/absence.hpp"
#include "inspect/parts_reader.hpp"
#include "inspect/process_text.hpp"
#include "inspect/status_text.hpp"

namespace tend::inspect {

namespace {

using os::ProcFolder;
using os::ProcResult;

/// The kernel's limit for arguments and environment together is a quarter of the stack's limit, and
/// 6 MiB at most.
constexpr std::size_t strings_bytes_max = std::size_t{16} << 20U;

Process process_of(os::ProcStat&& stat) {
  return Process{.identity = {.pid = stat.pid, .start_ticks = stat.start_ticks},
                 .parent = {.pid = stat.parent},
                 .name = std::move(stat.name),
                 .state = state_of(stat.state),
                 .is_kernel_thread = stat.is_kernel_thread(),
                 .has_executed = stat.has_executed(),
                 .group = stat.group,
                 .session = stat.session,
                 .terminal = static_cast<std::uint32_t>(stat.terminal),
                 .foreground_group = stat.foreground_group,
                 .thread_count = stat.threads,
                 .user_time = time_of_ticks(stat.user_ticks),
                 .system_time = time_of_ticks(stat.system_ticks),
                 .minor_faults = stat.minor_faults,
                 .major_faults = stat.major_faults,
                 .scheduling = scheduling_of(stat),
                 .virtual_bytes = stat.virtual_bytes,
                 .resident_bytes = stat.memory_pages * os::page_bytes()};
}

/// What a value that was read means, or why there is none.
template <typename T, typename Parse>
Field<T> parsed(const ProcResult<std::string_view>& text, const Process& process, Parse parse) {
  if (!text) {
    return absence_of(text.error(), process);
  }
  return Field<T>(parse(*text));
}

Field<std::string> link(const OpenProcess& open, const char* name) {
  auto target = open.folder.link(name);
  if (!target) {
    return absence_of(target.error(), open.process);
  }
  return *std::move(target);
}

}  // namespace

ProcResult<OpenProcess> ProcessReader::open(const ProcFolder& proc, std::int32_t pid) {
  auto folder = proc.folder(os::NumberName(pid).get());
  if (!folder) {
    return std::unexpected(folder.error());
  }
  auto process = basics(*folder);
  if (!process) {
    return std::unexpected(process.error());
  }
  return OpenProcess{.folder = *std::move(folder), .process = *std::move(process)};
}

ProcResult<std::string_view> ProcessReader::name(const ProcFolder& proc, std::int32_t pid) {
  std::array<char, 24> path{};
  char* const end = std::to_chars(path.data(), path.data() + path.size(), pid).ptr;
  std::ranges::copy(std::string_view("/comm"), end);
  auto line = proc.read(path.data(), buffer_);
  if (line && line->ends_with('\n')) {
    line->remove_suffix(1);
  }
  return line;
}

ProcResult<Process> ProcessReader::basics(const ProcFolder& folder) {
  const auto text = folder.read("stat", buffer_);
  if (!text) {
    return std::unexpected(text.error());
  }
  auto stat = os::parse_proc_stat(*text);
  if (!stat) {
    return std::unexpected(EBADMSG);
  }
  return process_of(*std::move(stat));
}

void ProcessReader::fill(OpenProcess& open) {
  fill_once(open);
  // What belongs to a program must not be told of two. The command line alone is not worth the
  // time: it is one read, right after the basic facts.
  if (!wants(Fields::executable | Fields::environment | Fields::descriptors | Fields::sockets |
             Fields::memory_map | Fields::region_sizes)) {
    return;
  }
  constexpr int attempts = 3;
  for (int attempt = 1; attempt < attempts; ++attempt) {
    auto now = basics(open.folder);
    if (!now ||
        (now->name == open.process.name && now->has_executed == open.process.has_executed)) {
      return;
    }
    // It has become another program in between: what was read first is of the old one.
    open.process = *std::move(now);
    fill_once(open);
  }
}

void ProcessReader::fill_once(OpenProcess& open) {
  if (wants(Fields::command_line)) {
    open.process.command_line = command_line(open);
  }
  fill_texts(open);
  fill_links(open);
  fill_parts(open);
}

void ProcessReader::fill_texts(OpenProcess& open) {
  Process& process = open.process;
  if (wants(Fields::status)) {
    process.status = status(open);
    // The kernel's short file has an estimate, off by some hundred pages for each processor.
    if (process.status && process.status->memory) {
      process.resident_bytes = process.status->memory->resident_bytes;
    }
  }
  if (wants(Fields::cgroups)) {
    process.cgroups = cgroups(open);
  }
  if (wants(Fields::limits)) {
    process.limits =
        parsed<std::vector<Limit>>(open.folder.read("limits", buffer_), process, parse_limits);
  }
  if (wants(Fields::input_output)) {
    process.input_output =
        parsed<InputOutput>(open.folder.read("io", buffer_), process, parse_input_output);
  }
  if (wants(Fields::proportional_memory)) {
    process.proportional_memory = parsed<ProportionalMemory>(
        open.folder.read("smaps_rollup", buffer_), process, parse_proportional_memory);
  }
  if (wants(Fields::environment)) {
    process.environment = text(open, "environ", strings_bytes_max);
  }
  if (wants(Fields::oom)) {
    process.oom = oom(open);
  }
  if (wants(Fields::wait_channel)) {
    process.wait_channel = wait_channel(open);
  }
}

void ProcessReader::fill_links(OpenProcess& open) const {
  if (wants(Fields::executable)) {
    open.process.executable = link(open, "exe");
  }
  if (wants(Fields::directory)) {
    open.process.directory = link(open, "cwd");
  }
  if (wants(Fields::root)) {
    open.process.root = link(open, "root");
  }
  if (wants(Fields::namespaces)) {
    open.process.namespaces = read_namespaces(open.folder, open.process);
  }
}

void ProcessReader::fill_parts(OpenProcess& open) {
  Process& process = open.process;
  const bool wants_map = wants(Fields::memory_map | Fields::region_sizes);
  Field<Threads> threads;
  if (wants_map || wants(Fields::threads)) {
    threads = read_threads(open.folder, process,
                           wants_map ? WithStackPointers::yes : WithStackPointers::no, buffer_);
  }
  if (wants_map) {
    process.memory_map =
        read_memory_map(open.folder, process, threads,
                        wants(Fields::region_sizes) ? WithSizes::yes : WithSizes::no, buffer_);
  }
  if (wants(Fields::threads)) {
    process.threads = std::move(threads);
  }
  if (wants(Fields::descriptors | Fields::sockets)) {
    process.descriptors = read_descriptors(open.folder, process, buffer_);
  }
  if (wants(Fields::sockets) && process.descriptors) {
    sockets_.describe(open.folder, *process.descriptors);
  }
}

Field<Status> ProcessReader::status(const OpenProcess& open) {
  auto status = parsed<Status>(open.folder.read("status", buffer_), open.process, parse_status);
  if (status && !status->memory) {
    status->memory = absence_of_empty(open.process);
  }
  return status;
}

Field<std::vector<CgroupPlace>> ProcessReader::cgroups(const OpenProcess& open) {
  return parsed<std::vector<CgroupPlace>>(open.folder.read("cgroup", buffer_), open.process,
                                          parse_cgroups);
}

Field<std::string> ProcessReader::text(const OpenProcess& open, const char* name,
                                       std::size_t bytes_max) {
  if (has_ended(open.process)) {
    return Absence::gone;
  }
  const auto read = open.folder.read(name, buffer_, bytes_max);
  if (!read) {
    return absence_of(read.error(), open.process);
  }
  return std::string(*read);
}

Field<std::string> ProcessReader::command_line(const OpenProcess& open) {
  // Empty: it has ended since its basic facts were read, or it is executing at this very moment, or
  // somebody started it without any argument, which is possible before Linux 5.18.
  constexpr int attempts = 3;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    auto line = text(open, "cmdline", strings_bytes_max);
    if (!line || !line->empty() || open.process.is_kernel_thread) {
      return line;
    }
    const auto now = basics(open.folder);
    if (!now || has_ended(*now)) {
      return Absence::gone;
    }
  }
  return std::string();
}

Field<OomScore> ProcessReader::oom(const OpenProcess& open) {
  const auto number_in = [&](const char* name) -> ProcResult<std::int32_t> {
    const auto read = open.folder.read(name, buffer_);
    if (!read) {
      return std::unexpected(read.error());
    }
    std::string_view line = *read;
    return parse_integer<std::int32_t>(next_word(line)).value_or(0);
  };
  const auto score = number_in("oom_score");
  const auto adjustment = number_in("oom_score_adj");
  if (!score || !adjustment) {
    return absence_of(!score ? score.error() : adjustment.error(), open.process);
  }
  return OomScore{.score = *score, .adjustment = *adjustment};
}

Field<std::string> ProcessReader::wait_channel(const OpenProcess& open) {
  auto function = text(open, "wchan", 4096);
  if (function && *function == "0") {
    return std::string();
  }
  return function;
}

}  // namespace tend::inspect
