#include "inspect/parts_reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <string>

#include "base/number.hpp"
#include "base/scan.hpp"
#include "inspect/absence.hpp"
#include "inspect/descriptor_text.hpp"
#include "inspect/maps_text.hpp"
#include "inspect/process_text.hpp"
#include "inspect/region_kinds.hpp"

namespace tend::inspect {

namespace {

using os::NumberName;
using os::ProcFolder;
using os::ReadBuffer;

Thread thread_of(os::ProcStat&& stat) {
  return Thread{.tid = stat.pid,
                .start_ticks = stat.start_ticks,
                .name = std::move(stat.name),
                .state = state_of(stat.state),
                .user_time = time_of_ticks(stat.user_ticks),
                .system_time = time_of_ticks(stat.system_ticks),
                .scheduling = scheduling_of(stat)};
}

std::optional<Thread> read_thread(const ProcFolder& tasks, std::int32_t tid, WithStackPointers with,
                                  ReadBuffer& buffer) {
  const auto folder = tasks.folder(NumberName(tid).get());
  const auto text = folder ? folder->read("stat", buffer) : std::unexpected(folder.error());
  auto stat = text ? os::parse_proc_stat(*text) : std::nullopt;
  if (!stat) {
    return std::nullopt;  // It has ended meanwhile.
  }
  Thread thread = thread_of(*std::move(stat));
  if (with == WithStackPointers::yes) {
    const auto call = folder->read("syscall", buffer);
    thread.stack_pointer = call ? parse_stack_pointer(*call) : std::nullopt;
  }
  return thread;
}

/// The type of file behind a path, and its device and inode.
void add_entry(const ProcFolder& links, const char* name, Descriptor& descriptor) {
  const auto entry = links.entry(name, ProcFolder::Follow::yes);
  if (!entry) {
    return;
  }
  descriptor.device = entry->device;
  descriptor.inode = entry->inode;
  if (descriptor.kind == DescriptorKind::unknown) {
    descriptor.kind = kind_of_mode(entry->mode, entry->special_major);
  }
}

std::optional<Descriptor> read_descriptor(const ProcFolder& links, const ProcFolder* infos,
                                          std::int32_t number, ReadBuffer& buffer) {
  const NumberName name(number);
  const auto link = links.link(name.get());
  if (!link) {
    return std::nullopt;  // It has been closed meanwhile.
  }
  LinkTarget target = parse_link_target(*link);
  Descriptor descriptor{.number = number,
                        .kind = target.kind,
                        .target = std::move(target.text),
                        .is_deleted = target.is_deleted,
                        .inode = target.inode};
  if (descriptor.target.starts_with('/')) {
    add_entry(links, name.get(), descriptor);
  }
  const auto info = infos != nullptr ? infos->read(name.get(), buffer, std::size_t{16} << 20U)
                                     : std::unexpected(ENOENT);
  if (info) {
    add_fdinfo(*info, descriptor);
  }
  return descriptor;
}

std::vector<StackPointer> stack_pointers(const Field<Threads>& threads, std::int32_t main) {
  std::vector<StackPointer> stacks;
  if (threads) {
    for (const Thread& thread : threads->all) {
      if (thread.tid != main && thread.stack_pointer) {
        stacks.push_back({.thread = thread.tid, .address = *thread.stack_pointer});
      }
    }
  }
  return stacks;
}

#if defined(__aarch64__)
constexpr AddressSpace usual_space{.user_end = std::uint64_t{1} << 48U,
                                   .kernel_begin = 0xffff000000000000};
constexpr AddressSpace large_space{.user_end = std::uint64_t{1} << 52U,
                                   .kernel_begin = 0xfff0000000000000};
#else
constexpr AddressSpace usual_space{.user_end = 0x7ffffffff000, .kernel_begin = 0xffff800000000000};
constexpr AddressSpace large_space{.user_end = 0xfffffffffff000,
                                   .kernel_begin = 0xff00000000000000};
#endif

AddressSpace space_of(const ProcFolder& folder, const std::vector<Region>& regions,
                      ReadBuffer& buffer) {
  // A process lies in the large space only if it asked for that.
  const bool is_large = std::ranges::any_of(regions, [](const Region& region) {
    return region.end > usual_space.user_end && region.end <= large_space.user_end;
  });
  AddressSpace space = is_large ? large_space : usual_space;
  // The folder of a process leads up to /proc itself.
  const auto lowest = folder.read("../sys/vm/mmap_min_addr", buffer);
  if (lowest) {
    std::string_view text = *lowest;
    space.lowest = parse_integer<std::uint64_t>(next_word(text)).value_or(space.lowest);
  }
  const auto limits = folder.read("limits", buffer);
  const auto stack = limits ? os::parse_proc_limit(*limits, "Max stack size") : std::nullopt;
  if (stack && stack->soft != unlimited) {
    space.stack_bytes_max = stack->soft;
  }
  return space;
}

}  // namespace

Scheduling scheduling_of(const os::ProcStat& stat) {
  return Scheduling{.policy = static_cast<SchedulingPolicy>(stat.policy),
                    .nice = stat.nice,
                    .realtime_priority = stat.realtime_priority,
                    .last_cpu = stat.processor};
}

Field<Threads> read_threads(const ProcFolder& folder, const Process& process,
                            WithStackPointers with, ReadBuffer& buffer) {
  const auto tasks = folder.listed_folder("task");
  if (!tasks) {
    return absence_of(tasks.error(), process);
  }
  auto tids = tasks->numbers(threads_max * 2);
  if (!tids) {
    return absence_of(tids.error(), process);
  }
  Threads threads{.is_cut = tids->size() > threads_max};
  tids->resize(std::min(tids->size(), threads_max));
  threads.all.reserve(tids->size());
  for (const std::int32_t tid : *tids) {
    if (auto thread = read_thread(*tasks, tid, with, buffer)) {
      threads.all.push_back(*std::move(thread));
    }
  }
  if (threads.all.empty()) {
    return Absence::gone;
  }
  const auto main = std::ranges::find(threads.all, process.identity.pid, &Thread::tid);
  if (main != threads.all.end()) {
    std::rotate(threads.all.begin(), main, std::next(main));
  }
  return threads;
}

Field<Descriptors> read_descriptors(const ProcFolder& folder, const Process& process,
                                    ReadBuffer& buffer) {
  const auto links = folder.listed_folder("fd");
  if (!links) {
    return absence_of(links.error(), process);
  }
  auto numbers = links->numbers(descriptors_max * 2);
  if (!numbers) {
    return absence_of(numbers.error(), process);
  }
  const auto infos = folder.folder("fdinfo");
  Descriptors descriptors{.is_cut = numbers->size() > descriptors_max};
  numbers->resize(std::min(numbers->size(), descriptors_max));
  descriptors.open.reserve(numbers->size());
  for (const std::int32_t number : *numbers) {
    if (auto one = read_descriptor(*links, infos ? &*infos : nullptr, number, buffer)) {
      descriptors.open.push_back(*std::move(one));
    }
  }
  return descriptors;
}

Field<MemoryMap> read_memory_map(const ProcFolder& folder, const Process& process,
                                 const Field<Threads>& threads, WithSizes with,
                                 ReadBuffer& buffer) {
  auto lines = folder.lines(with == WithSizes::yes ? "smaps" : "maps");
  if (!lines) {
    return absence_of(lines.error(), process);
  }
  MapsReader reader;
  while (const auto line = lines->next()) {
    reader.add(*line);
  }
  MemoryMap map{.is_cut = reader.is_cut()};
  map.regions = reader.take();
  if (lines->error() != 0) {
    return absence_of(lines->error(), process);
  }
  if (map.regions.empty()) {
    return absence_of_empty(process);
  }
  map.space = space_of(folder, map.regions, buffer);
  const auto stacks = stack_pointers(threads, process.identity.pid);
  const auto others = static_cast<std::size_t>(std::max<std::int64_t>(process.thread_count, 1) - 1);
  set_kinds(map.regions, stacks, others - std::min(others, stacks.size()));
  return map;
}

Field<std::vector<Namespace>> read_namespaces(const ProcFolder& folder, const Process& process) {
  constexpr std::array names{"ns/cgroup", "ns/ipc",  "ns/mnt",  "ns/net",
                             "ns/pid",    "ns/time", "ns/user", "ns/uts"};
  std::vector<Namespace> found;
  int code = ENOENT;
  for (const char* name : names) {
    const auto link = folder.link(name);
    if (!link) {
      // One that this kernel does not have is ENOENT; all of a process are refused alike.
      code = link.error() == ENOENT ? code : link.error();
      continue;
    }
    if (auto one = parse_namespace(*link)) {
      found.push_back(*std::move(one));
    }
  }
  if (found.empty()) {
    return absence_of(code, process);
  }
  return found;
}

}  // namespace tend::inspect
