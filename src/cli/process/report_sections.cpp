// The sections of `tend inspect`: what is too much for its one screen.

#include <algorithm>
#include <array>

#include "base/duration.hpp"
#include "base/size.hpp"
#include "base/text.hpp"
#include "cli/process/descriptor_words.hpp"
#include "cli/process/limit_words.hpp"
#include "cli/process/process_words.hpp"
#include "cli/process/report.hpp"

namespace tend::cli {

namespace {

using inspect::Process;
using inspect::RegionKind;

using Report = std::vector<ReportLine>;

template <typename T>
Report reason(std::string_view label, const inspect::Field<T>& field) {
  return {{std::string(label), text::format("({})", name_of(field.why()))}};
}

Report thread_lines(const Process& process) {
  if (!process.threads) {
    return reason("threads", process.threads);
  }
  Report report;
  for (const inspect::Thread& thread : process.threads->all) {
    report.push_back(
        {text::format("{}", thread.tid),
         text::format("{}  {}  {}  on {}  {}", text::printable(thread.name), name_of(thread.state),
                      cpu_time_words(thread.user_time + thread.system_time),
                      thread.scheduling.last_cpu, scheduling_words(thread.scheduling)),
         tone_of(thread.state)});
  }
  return report;
}

void add_sizes(Report& report, const inspect::Memory& memory) {
  const auto add = [&report](std::string_view label, std::uint64_t bytes) {
    report.push_back({std::string(label), human_size(bytes)});
  };
  add("in RAM", memory.resident_bytes);
  add("of it anonymous", memory.anonymous_bytes);
  add("of it of files", memory.file_bytes);
  add("of it shared", memory.shared_bytes);
  add("at most in RAM", memory.resident_peak_bytes);
  add("swapped out", memory.swapped_bytes);
  add("locked", memory.locked_bytes);
  add("page tables", memory.page_table_bytes);
  add("addresses", memory.virtual_bytes);
}

Report memory_lines(const Process& process) {
  if (!process.status) {
    return reason("memory", process.status);
  }
  if (!process.status->memory) {
    return reason("memory", process.status->memory);
  }
  Report report;
  add_sizes(report, *process.status->memory);
  if (process.proportional_memory) {
    report.push_back(
        {"proportional (PSS)", human_size(process.proportional_memory->proportional_bytes)});
    report.push_back({"its own (USS)", human_size(process.proportional_memory->private_bytes)});
  } else {
    report.push_back(
        {"proportional (PSS)", text::format("({})", name_of(process.proportional_memory.why()))});
  }
  if (!process.memory_map) {
    return report;
  }
  for (std::size_t i = 0; i <= static_cast<std::size_t>(RegionKind::special); ++i) {
    const auto kind = static_cast<RegionKind>(i);
    if (const std::uint64_t bytes = process.memory_map->bytes_of(kind); bytes > 0) {
      report.push_back({text::format("mapped: {}", name_of(kind)),
                        text::format("{}  {}", human_size(bytes), meaning_of(kind))});
    }
  }
  return report;
}

Report file_lines(const Process& process) {
  if (!process.descriptors) {
    return reason("files", process.descriptors);
  }
  Report report;
  for (const inspect::Descriptor& descriptor : process.descriptors->open) {
    report.push_back({text::format("{}", descriptor.number),
                      text::format("{}  {}  {}", name_of(descriptor.kind), rights_words(descriptor),
                                   target_words(descriptor))});
  }
  return report;
}

Report limit_lines(const Process& process) {
  if (!process.limits) {
    return reason("limits", process.limits);
  }
  Report report;
  for (const inspect::Limit& limit : *process.limits) {
    report.push_back({text::printable(limit.label),
                      text::format("{} (at most {})", limit_words(limit.soft, limit.unit),
                                   limit_words(limit.hard, limit.unit))});
  }
  return report;
}

Report signal_lines(const Process& process) {
  if (!process.status) {
    return reason("signals", process.status);
  }
  const inspect::Signals& of = process.status->signals;
  return {{"catches", of.caught.description()},
          {"ignores", of.ignored.description()},
          {"blocks", of.blocked.description()},
          {"pending", (of.pending | of.pending_for_all).description()},
          {"queued", text::format("{} of at most {}", of.queued, of.queued_max)}};
}

std::string ids_words(const inspect::Ids& ids) {
  return text::format("real {}, effective {}, saved {}, of files {}", ids.real, ids.effective,
                      ids.saved, ids.file_system);
}

std::string set_words(CapabilitySet set) {
  constexpr std::size_t all_of_linux_6 = 41;
  const std::vector<std::string> names = set.names();
  if (names.empty()) {
    return "none";
  }
  return names.size() >= all_of_linux_6 ? text::format("all {}", names.size())
                                        : text::join(names, ", ");
}

Report credential_lines(const Process& process) {
  if (!process.status) {
    return reason("credentials", process.status);
  }
  const inspect::Credentials& of = process.status->credentials;
  const inspect::Capabilities& capabilities = process.status->capabilities;
  std::vector<std::string> groups;
  for (const std::uint32_t group : of.supplementary) {
    groups.push_back(text::format("{}", group));
  }
  return {{"user", ids_words(of.user)},
          {"group", ids_words(of.group)},
          {"other groups", groups.empty() ? "none" : text::join(groups, ", ")},
          {"umask", of.umask ? text::format("{:03o}", *of.umask) : "(not available)"},
          {"no_new_privs", of.has_no_new_privileges ? "yes" : "no"},
          {"seccomp", of.seccomp_mode == 0   ? "none"
                      : of.seccomp_mode == 1 ? "strict"
                                             : "filter"},
          {"effective", set_words(capabilities.effective)},
          {"permitted", set_words(capabilities.permitted)},
          {"inheritable", set_words(capabilities.inheritable)},
          {"ambient", set_words(capabilities.ambient)},
          {"bounding", set_words(capabilities.bounding)}};
}

Report environment_lines(const Process& process) {
  if (!process.environment) {
    return reason("environment", process.environment);
  }
  Report report;
  for (const std::string_view entry : inspect::parts_of(*process.environment)) {
    const std::size_t equals = entry.find('=');
    report.push_back(
        {text::printable(entry.substr(0, equals)),
         equals == std::string_view::npos ? "" : text::printable(entry.substr(equals + 1))});
  }
  return report;
}

Report place_lines(const Process& process) {
  Report report;
  if (process.namespaces) {
    for (const inspect::Namespace& space : *process.namespaces) {
      report.push_back({text::printable(space.type), text::format("{}", space.inode)});
    }
  } else {
    report = reason("namespaces", process.namespaces);
  }
  if (process.cgroups) {
    for (const inspect::CgroupPlace& place : *process.cgroups) {
      report.push_back({place.controllers.empty() ? "cgroup" : text::printable(place.controllers),
                        text::printable(place.path)});
    }
  }
  if (process.status) {
    std::vector<std::string> pids;
    for (const std::int32_t pid : process.status->namespace_pids) {
      pids.push_back(text::format("{}", pid));
    }
    report.push_back({"pid, outside to inside", text::join(pids, ", ")});
  }
  return report;
}

Report input_output_lines(const Process& process) {
  if (!process.input_output) {
    return reason("input and output", process.input_output);
  }
  const inspect::InputOutput& of = *process.input_output;
  return {{"read", text::format("{} in {} calls", human_size(of.read_bytes), of.read_calls)},
          {"written", text::format("{} in {} calls", human_size(of.written_bytes), of.write_calls)},
          {"read from disks", human_size(of.storage_read_bytes)},
          {"written to disks", human_size(of.storage_written_bytes)}};
}

Report scheduling_lines(const Process& process) {
  Report report = {{"scheduling", scheduling_words(process.scheduling)},
                   {"last ran on", text::format("{}", process.scheduling.last_cpu)},
                   {"page faults", text::format("{} cheap, {} that waited for a disk",
                                                process.minor_faults, process.major_faults)}};
  if (process.status) {
    report.push_back({"may run on", text::printable(process.status->allowed_cpus)});
    report.push_back({"switches", text::format("{} because it waited, {} because it had to",
                                               process.status->voluntary_switches,
                                               process.status->involuntary_switches)});
  }
  if (process.oom) {
    report.push_back({"oom score", text::format("{} (adjusted by {})", process.oom->score,
                                                process.oom->adjustment)});
  }
  return report;
}

constexpr std::array sections = {
    Section{"threads", "its threads", thread_lines},
    Section{"memory", "where its memory is", memory_lines},
    Section{"files", "its open descriptors (`tend fds` says more)", file_lines},
    Section{"limits", "its limits (`tend limits` says more)", limit_lines},
    Section{"signals", "what it does with signals (`tend signals` says more)", signal_lines},
    Section{"credentials", "users, groups, capabilities", credential_lines},
    Section{"environment", "the variables it was started with", environment_lines},
    Section{"place", "namespaces and control groups", place_lines},
    Section{"io", "what it has read and written", input_output_lines},
    Section{"scheduling", "when and where it runs", scheduling_lines},
};

}  // namespace

std::span<const Section> report_sections() { return sections; }

}  // namespace tend::cli
