#include "os/id_maps.hpp"

#include <cerrno>
#include <string>
#include <vector>

#include "base/try.hpp"
#include "os/files.hpp"

namespace tend::os {

namespace {

std::string text_of(const std::vector<IdRange>& map) {
  std::string text;
  for (const IdRange& range : map) {
    text += std::to_string(range.inside) + " " + std::to_string(range.outside) + " " +
            std::to_string(range.count) + "\n";
  }
  return text;
}

Result<> write_map(const Fd& process, const std::string& name, const std::vector<IdRange>& map) {
  if (map.empty()) {
    return {};
  }
  // The kernel takes a map in one write, once.
  const auto written = write_control_at(process, name, text_of(map));
  return written ? Result<>() : failed("id_map", name, written.error().code);
}

}  // namespace

Result<> write_id_maps(std::int32_t pid, const NamespaceOptions& namespaces) {
  const Fd process = TEND_TRY(open_directory("/proc/" + std::to_string(pid)));
  TEND_TRY(write_map(process, "uid_map", namespaces.uid_map));
  const auto written = write_map(process, "gid_map", namespaces.gid_map);
  if (written || written.error().code != EPERM) {
    return written;
  }
  TEND_TRY(write_control_at(process, "setgroups", "deny"));
  return write_map(process, "gid_map", namespaces.gid_map);
}

}  // namespace tend::os
