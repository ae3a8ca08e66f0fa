#include <tend/inspect/holders.hpp>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>
#include <variant>

#include "base/try.hpp"
#include "inspect/descriptor_text.hpp"
#include "inspect/process_reader.hpp"
#include "os/proc_folder.hpp"

namespace tend::inspect {

namespace {

constexpr std::size_t processes_max = std::size_t{1} << 22U;  // pid_max of the kernel.

/// Which object of the kernel a descriptor leads to. A fifo has its place in a file system, pipes
/// and sockets only have a number.
struct Object {
  DescriptorKind kind = DescriptorKind::unknown;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  auto operator<=>(const Object&) const = default;
};

bool can_be_shared(DescriptorKind kind) {
  return kind == DescriptorKind::pipe || kind == DescriptorKind::fifo ||
         kind == DescriptorKind::socket;
}

Object object_of(const Descriptor& descriptor) {
  const bool is_fifo = descriptor.kind == DescriptorKind::fifo;
  return {.kind = descriptor.kind,
          .device = is_fifo ? descriptor.device : 0,
          .inode = descriptor.inode};
}

/// The unix socket at the other end of this one; nothing if it is none, or that is not known.
std::optional<Object> peer_of(const Descriptor& descriptor) {
  const auto* socket = std::get_if<Socket>(&descriptor.detail);
  if (socket == nullptr || socket->peer_inode == 0) {
    return std::nullopt;
  }
  return Object{.kind = DescriptorKind::socket, .inode = socket->peer_inode};
}

/// What a link in a folder of descriptors leads to, if it is one of the wanted kinds.
std::optional<Object> object_at(const os::ProcFolder& links, const char* name, bool wants_fifos) {
  const auto link = links.link(name);
  if (!link) {
    return std::nullopt;
  }
  if (!link->starts_with('/')) {
    const LinkTarget target = parse_link_target(*link);
    return Object{.kind = target.kind, .inode = target.inode};
  }
  if (!wants_fifos) {
    return std::nullopt;
  }
  const auto entry = links.entry(name, os::ProcFolder::Follow::yes);
  if (!entry) {
    return std::nullopt;
  }
  return Object{.kind = kind_of_mode(entry->mode, entry->special_major),
                .device = entry->device,
                .inode = entry->inode};
}

/// The permissions of the link itself are how the file was opened.
Holder holder_of(const Process& process, const os::ProcFolder& links, std::int32_t number) {
  constexpr std::uint32_t owner_reads = 0400;
  constexpr std::uint32_t owner_writes = 0200;
  const auto entry = links.entry(os::NumberName(number).get(), os::ProcFolder::Follow::no);
  const std::uint32_t mode = entry ? entry->mode : 0;
  return {.process = process.identity,
          .name = process.name,
          .descriptor = number,
          .can_read = (mode & owner_reads) != 0,
          .can_write = (mode & owner_writes) != 0};
}

/// Looks through processes for the descriptors that lead to certain objects.
class Search {
 public:
  Search(const os::ProcFolder& proc, std::vector<Object> objects)
      : proc_(proc),
        objects_(std::move(objects)),
        wants_fifos_(std::ranges::any_of(
            objects_, [](const Object& object) { return object.kind == DescriptorKind::fifo; })) {
    std::ranges::sort(objects_);
  }

  void look_into(std::int32_t pid) {
    const auto open = reader_.open(proc_, pid);
    if (!open) {
      count(open.error());
      return;
    }
    const auto links = open->folder.listed_folder("fd");
    const auto numbers = links ? links->numbers(descriptors_max) : std::unexpected(links.error());
    if (!numbers) {
      count(numbers.error());
      return;
    }
    for (const std::int32_t number : *numbers) {
      const auto object = object_at(*links, os::NumberName(number).get(), wants_fifos_);
      if (object && std::ranges::binary_search(objects_, *object)) {
        found.emplace_back(*object, holder_of(open->process, *links, number));
      }
    }
  }

  std::vector<std::pair<Object, Holder>> found{};
  std::size_t not_permitted = 0;

 private:
  void count(int code) { not_permitted += code == EACCES || code == EPERM ? 1 : 0; }

  const os::ProcFolder& proc_;
  std::vector<Object> objects_;
  bool wants_fifos_;
  ProcessReader reader_{Fields::none};
};

}  // namespace

Result<Holders> Holders::find(std::span<const Descriptor> wanted) {
  const auto proc = TEND_TRY(os::ProcFolder::open_root());
  std::vector<Object> objects;
  for (const Descriptor& descriptor : wanted) {
    if (can_be_shared(descriptor.kind) && descriptor.inode != 0) {
      objects.push_back(object_of(descriptor));
    }
    if (const auto peer = peer_of(descriptor)) {
      objects.push_back(*peer);
    }
  }
  Holders holders;
  if (objects.empty()) {
    return holders;
  }
  const auto pids = proc.numbers(processes_max);
  if (!pids) {
    return failed("list", "/proc", pids.error());
  }
  Search search(proc, std::move(objects));
  for (const std::int32_t pid : *pids) {
    search.look_into(pid);
  }
  holders.not_permitted_ = search.not_permitted;
  holders.entries_.reserve(search.found.size());
  for (auto& [object, holder] : search.found) {
    holders.entries_.push_back({.kind = object.kind,
                                .device = object.device,
                                .inode = object.inode,
                                .holder = std::move(holder)});
  }
  return holders;
}

std::vector<Holder> Holders::of(const Descriptor& wanted) const {
  const Object object = object_of(wanted);
  std::vector<Holder> found;
  for (const Entry& entry : entries_) {
    if (object == Object{.kind = entry.kind, .device = entry.device, .inode = entry.inode}) {
      found.push_back(entry.holder);
    }
  }
  return found;
}

std::vector<Holder> Holders::other_end(const Descriptor& wanted, const Identity& self) const {
  if (wanted.kind == DescriptorKind::socket) {
    const auto peer = peer_of(wanted);
    return peer ? of({.kind = peer->kind, .inode = peer->inode}) : std::vector<Holder>();
  }
  std::vector<Holder> found = of(wanted);
  std::erase_if(found, [&](const Holder& holder) {
    const bool is_itself = holder.process == self && holder.descriptor == wanted.number;
    const bool is_other =
        (wanted.can_read && holder.can_write) || (wanted.can_write && holder.can_read);
    return is_itself || !is_other;
  });
  return found;
}

}  // namespace tend::inspect
