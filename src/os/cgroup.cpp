#include "os/cgroup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "base/try.hpp"
#include "os/files.hpp"
#include "os/proc_text.hpp"
#include "os/procfs.hpp"

namespace tend::os {

namespace {

constexpr std::size_t proc_bytes_max = 4UL * 1024 * 1024;
constexpr std::size_t groups_max = 100'000;
constexpr int depth_max = 64;
constexpr mode_t group_mode = 0755;

Result<> check_name(const char* step, const std::string& name) {
  if (name.empty() || name.contains('/') || name == "." || name == "..") {
    return refused(step, name, "not a name for a cgroup");
  }
  return {};
}

/// The path of a group as seen through a mount, which may show only a part of the tree.
std::optional<std::string> below_mount(const MountPoint& mount, std::string_view group) {
  if (mount.root == "/") {
    return group == "/" ? mount.point : mount.point + std::string(group);
  }
  if (group == mount.root) {
    return mount.point;
  }
  if (group.starts_with(mount.root + "/")) {
    return mount.point + std::string(group.substr(mount.root.size()));
  }
  return std::nullopt;
}

/// ENOENT is as good. errno tells why it is not.
bool is_removed(const Fd& parent, const std::string& name) {
  return ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT;
}

Result<> remove_group(const Fd& parent, const std::string& name, int depth);

Result<> remove_groups_in(const Fd& group, int depth) {
  for (const std::string& entry : TEND_TRY(list_directory(group, groups_max))) {
    const auto status = status_at(group, entry);
    if (status && status->is_directory) {
      TEND_TRY(remove_group(group, entry, depth));
    }
  }
  return {};
}

Result<> remove_group(const Fd& parent, const std::string& name, int depth) {
  if (depth > depth_max) {
    return failed("remove", name, ELOOP);
  }
  // Nearly always there are no groups below.
  if (is_removed(parent, name)) {
    return {};
  }
  const Fd group = TEND_TRY(open_directory_at(parent, name));
  TEND_TRY(remove_groups_in(group, depth + 1));
  if (!is_removed(parent, name)) {
    return failed("remove", name, errno);
  }
  return {};
}

}  // namespace

Result<Cgroup> Cgroup::open(const std::string& path) {
  return Cgroup(path, TEND_TRY(open_directory(path)));
}

Result<Cgroup> Cgroup::own() {
  const std::string groups = TEND_TRY(read_file("/proc/self/cgroup", proc_bytes_max));
  const auto group = parse_unified_cgroup(groups);
  if (!group) {
    return refused("find", "cgroup", "this process is in no group of cgroup2");
  }
  const std::string mounts = TEND_TRY(read_file("/proc/self/mountinfo", proc_bytes_max));
  for (const MountPoint& mount : parse_mounts(mounts, "cgroup2")) {
    const auto path = below_mount(mount, *group);
    if (!path) {
      continue;
    }
    auto opened = open(*path);
    if (opened) {
      return opened;
    }
  }
  return refused("find", "cgroup", "no mount of cgroup2 shows the group of this process");
}

Result<Cgroup> Cgroup::make_child(const std::string& name) const {
  TEND_TRY(check_name("make", name));
  std::string path = path_ + "/" + name;
  const bool is_new = ::mkdirat(directory_.get(), name.c_str(), group_mode) == 0;
  if (!is_new && errno != EEXIST) {
    return failed("make cgroup", path, errno);
  }
  Fd directory = TEND_TRY(open_directory_at(directory_, name));
  // Whatever our umask is.
  if (is_new && ::fchmod(directory.get(), group_mode) != 0) {
    return failed("make cgroup", path, errno);
  }
  return Cgroup(std::move(path), std::move(directory));
}

Result<bool> Cgroup::is_child_populated(const std::string& name) const {
  TEND_TRY(check_name("look at", name));
  const auto file = open_at(directory_, name + "/cgroup.events", O_RDONLY);
  if (!file && file.error().code == ENOENT) {
    return false;
  }
  // The kernel gives all of so short a file at once.
  std::array<char, 256> text{};
  if (!file) {
    return std::unexpected(file.error());
  }
  const std::size_t bytes = TEND_TRY(read_some(*file, text));
  return std::string_view(text.data(), bytes).contains("populated 1");
}

Result<Cgroup> Cgroup::child(const std::string& name) const {
  TEND_TRY(check_name("open", name));
  return Cgroup(path_ + "/" + name, TEND_TRY(open_directory_at(directory_, name)));
}

Result<> Cgroup::kill() const { return write_control_at(directory_, "cgroup.kill", "1"); }

bool Cgroup::can_be_entered() const {
  return open_at(directory_, "cgroup.procs", O_WRONLY).has_value();
}

Result<> Cgroup::freeze(Frozen frozen) const {
  return write_control_at(directory_, "cgroup.freeze", frozen == Frozen::yes ? "1" : "0");
}

Result<bool> Cgroup::is_populated() const {
  const std::string events = TEND_TRY(read_file_at(directory_, "cgroup.events", 4096));
  return events.contains("populated 1");
}

Result<Fd> Cgroup::open_events() const { return open_at(directory_, "cgroup.events", O_RDONLY); }

Result<std::vector<std::int32_t>> Cgroup::processes() const {
  return parse_proc_children(TEND_TRY(read_file_at(directory_, "cgroup.procs", proc_bytes_max)));
}

Result<> Cgroup::remove_child(const std::string& name) const {
  return remove_group(directory_, name, 0);
}

std::optional<Cgroup> find_writable_cgroup() {
  auto own = Cgroup::own();
  if (!own) {
    return std::nullopt;
  }
  const std::string name = "tend-probe-" + std::to_string(own_pid());
  const auto made = own->make_child(name);
  if (!made) {
    return std::nullopt;
  }
  const bool can_enter = made->can_be_entered();
  if (!own->remove_child(name) || !can_enter) {
    return std::nullopt;
  }
  return std::move(*own);
}

}  // namespace tend::os
