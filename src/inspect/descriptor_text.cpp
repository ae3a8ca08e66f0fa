#include "inspect/descriptor_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <optional>

#include "base/number.hpp"
#include "base/scan.hpp"

namespace tend::inspect {

namespace {

constexpr std::string_view deleted = " (deleted)";

struct AnonymousInode {
  std::string_view name;
  DescriptorKind kind;
};

/// What stands behind `anon_inode:`, without brackets, which not all kernels write.
constexpr std::array<AnonymousInode, 8> anonymous_inodes{{
    {"eventfd", DescriptorKind::eventfd},
    {"eventpoll", DescriptorKind::epoll},
    {"timerfd", DescriptorKind::timerfd},
    {"signalfd", DescriptorKind::signalfd},
    {"inotify", DescriptorKind::inotify},
    {"fanotify", DescriptorKind::fanotify},
    {"pidfd", DescriptorKind::pidfd},
    {"io_uring", DescriptorKind::io_uring},
}};

constexpr std::array<std::string_view, 8> namespaces{"cgroup", "ipc",  "mnt",  "net",
                                                     "pid",    "time", "user", "uts"};

DescriptorKind kind_of_anonymous(std::string_view name) {
  if (name.starts_with('[') && name.ends_with(']')) {
    name = name.substr(1, name.size() - 2);
  }
  const auto* found = std::ranges::find(anonymous_inodes, name, &AnonymousInode::name);
  return found == anonymous_inodes.end() ? DescriptorKind::other : found->kind;
}

/// `pipe:[7]`, `net:[4026531840]`, `anon_inode:[eventfd]`.
LinkTarget kernel_object(std::string_view link) {
  LinkTarget target{.kind = DescriptorKind::other, .text = std::string(link)};
  std::string_view inside = link;
  const std::string_view type = next_part(inside, ':');
  if (type == "anon_inode") {
    target.kind = kind_of_anonymous(inside);
    return target;
  }
  if (!inside.starts_with('[') || !inside.ends_with(']')) {
    return target;
  }
  target.inode = parse_integer<std::uint64_t>(inside.substr(1, inside.size() - 2)).value_or(0);
  if (type == "pipe") {
    target.kind = DescriptorKind::pipe;
  } else if (type == "socket") {
    target.kind = DescriptorKind::socket;
  } else if (type == "pidfd") {
    target.kind = DescriptorKind::pidfd;
  } else if (std::ranges::find(namespaces, type) != namespaces.end()) {
    target.kind = DescriptorKind::name_space;
  }
  return target;
}

// open(2), the same on x86-64 and aarch64.
constexpr std::uint32_t access_mask = 03;
constexpr std::uint32_t write_only = 01;
constexpr std::uint32_t append = 02000;
constexpr std::uint32_t nonblocking = 04000;
constexpr std::uint32_t close_on_exec = 02000000;
constexpr std::uint32_t path_only = 010000000;

void set_flags(std::uint32_t flags, Descriptor& descriptor) {
  const std::uint32_t access = flags & access_mask;
  const bool has_content = (flags & path_only) == 0;
  descriptor.can_read = has_content && access != write_only;
  descriptor.can_write = has_content && access != 0;
  descriptor.is_append = (flags & append) != 0;
  descriptor.is_nonblocking = (flags & nonblocking) != 0;
  descriptor.is_close_on_exec = (flags & close_on_exec) != 0;
}

/// The detail of this type, made when it is first needed.
template <typename Detail>
Detail& detail_of(Descriptor& descriptor) {
  if (!std::holds_alternative<Detail>(descriptor.detail)) {
    descriptor.detail = Detail{};
  }
  return std::get<Detail>(descriptor.detail);
}

template <std::integral T>
T number(std::string_view text, int base = 10) {
  return parse_integer<T>(next_word(text), base).value_or(T{});
}

/// `(SECONDS, NANOSECONDS)`; what is too long is cut.
std::chrono::nanoseconds duration_in(std::string_view text) {
  constexpr std::string_view between = " ()\t,";
  const auto seconds = parse_integer<std::uint64_t>(next_word(text, between)).value_or(0);
  const auto rest = parse_integer<std::uint32_t>(next_word(text, between)).value_or(0);
  constexpr std::uint64_t seconds_max =
      std::numeric_limits<std::int64_t>::max() / 1'000'000'000 - 5;
  return std::chrono::seconds(std::min(seconds, seconds_max)) + std::chrono::nanoseconds(rest);
}

/// `        5 events:       19 data: ...`
void add_epoll_target(std::string_view value, Descriptor& descriptor) {
  EpollSet& set = detail_of<EpollSet>(descriptor);
  if (set.targets.size() >= epoll_targets_max) {
    return;
  }
  EpollTarget target{.descriptor = number<std::int32_t>(value)};
  const std::size_t events = value.find("events:");
  if (events != std::string_view::npos) {
    value.remove_prefix(events + std::string_view("events:").size());
    target.events = number<std::uint32_t>(value, 16);
  }
  set.targets.push_back(target);
}

using Add = void (*)(std::string_view, Descriptor&);

struct Entry {
  std::string_view key;
  Add add;
};

constexpr std::array<Entry, 10> entries{{
    {"pos", [](std::string_view v, Descriptor& d) { d.position = number<std::uint64_t>(v); }},
    {"flags", [](std::string_view v, Descriptor& d) { set_flags(number<std::uint32_t>(v, 8), d); }},
    {"eventfd-count",
     [](std::string_view v, Descriptor& d) {
       detail_of<EventCounter>(d).count = number<std::uint64_t>(v, 16);
     }},
    {"tfd", add_epoll_target},
    {"sigmask",
     [](std::string_view v, Descriptor& d) {
       detail_of<SignalReader>(d).signals = SignalSet::from_bits(number<std::uint64_t>(v, 16));
     }},
    {"clockid", [](std::string_view v,
                   Descriptor& d) { detail_of<Timer>(d).clock = number<std::int32_t>(v); }},
    {"ticks", [](std::string_view v,
                 Descriptor& d) { detail_of<Timer>(d).expirations = number<std::uint64_t>(v); }},
    {"it_value",
     [](std::string_view v, Descriptor& d) { detail_of<Timer>(d).remaining = duration_in(v); }},
    {"it_interval",
     [](std::string_view v, Descriptor& d) { detail_of<Timer>(d).interval = duration_in(v); }},
    {"Pid", [](std::string_view v,
               Descriptor& d) { detail_of<HeldProcess>(d).pid = number<std::int32_t>(v); }},
}};

}  // namespace

LinkTarget parse_link_target(std::string_view link) {
  if (!link.starts_with('/')) {
    return kernel_object(link);
  }
  LinkTarget target;
  if (link.ends_with(deleted)) {
    link.remove_suffix(deleted.size());
    target.is_deleted = true;
  }
  // A file of this name in the root folder has no need to be deleted.
  if (link.starts_with("/memfd:") && target.is_deleted) {
    target.kind = DescriptorKind::memfd;
  }
  target.text = link;
  return target;
}

DescriptorKind kind_of_mode(std::uint32_t mode, std::uint32_t device_major) {
  constexpr std::uint32_t type_mask = 0170000;
  constexpr std::uint32_t tty = 4;
  constexpr std::uint32_t tty_aliases = 5;  // /dev/tty, /dev/console, /dev/ptmx
  constexpr std::uint32_t pts_first = 136;
  constexpr std::uint32_t pts_last = 143;
  switch (mode & type_mask) {
    case 0100000: return DescriptorKind::file;
    case 0040000: return DescriptorKind::directory;
    case 0060000: return DescriptorKind::block_device;
    case 0010000: return DescriptorKind::fifo;
    case 0140000: return DescriptorKind::socket;
    case 0020000:
      return device_major == tty || device_major == tty_aliases ||
                     (device_major >= pts_first && device_major <= pts_last)
                 ? DescriptorKind::terminal
                 : DescriptorKind::character_device;
    default: return DescriptorKind::unknown;
  }
}

void add_fdinfo(std::string_view text, Descriptor& descriptor) {
  while (!text.empty()) {
    std::string_view value = next_line(text);
    if (value.starts_with("inotify ") || value.starts_with("fanotify ")) {
      ++detail_of<Watches>(descriptor).count;
      continue;
    }
    const std::string_view key = next_part(value, ':');
    const auto* entry = std::ranges::find(entries, key, &Entry::key);
    if (entry != entries.end()) {
      entry->add(value, descriptor);
    }
  }
}

}  // namespace tend::inspect
