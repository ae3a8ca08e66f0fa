#pragma once
// Reads processes of /proc into Process values: first the basic facts, then the fields that were
// asked for. Everything of one process goes through its open folder.

#include <tend/inspect/process.hpp>

#include <cstdint>
#include <string_view>

#include "inspect/socket_tables.hpp"
#include "os/proc_folder.hpp"

namespace tend::inspect {

/// A process, its folder open, its basic facts read.
struct OpenProcess {
  os::ProcFolder folder;
  Process process{};
};

class ProcessReader {
 public:
  explicit ProcessReader(Fields fields) : fields_(fields) {}

  /// The basic facts. The parent's start is not known yet.
  [[nodiscard]] os::ProcResult<OpenProcess> open(const os::ProcFolder& proc, std::int32_t pid);

  /// Only the name, from the shortest file that there is (/proc/PID/comm).
  [[nodiscard]] os::ProcResult<std::string_view> name(const os::ProcFolder& proc, std::int32_t pid);

  /// The basic facts again, of the very same process.
  [[nodiscard]] os::ProcResult<Process> basics(const os::ProcFolder& folder);

  /// The fields that were asked for. If the process executes another program meanwhile, all is read
  /// again, a few times at most.
  void fill(OpenProcess& open);

  [[nodiscard]] Field<Status> status(const OpenProcess& open);
  [[nodiscard]] Field<std::vector<CgroupPlace>> cgroups(const OpenProcess& open);

 private:
  void fill_once(OpenProcess& open);
  [[nodiscard]] Field<std::string> command_line(const OpenProcess& open);
  [[nodiscard]] Field<std::string> text(const OpenProcess& open, const char* name,
                                        std::size_t bytes_max);
  [[nodiscard]] Field<OomScore> oom(const OpenProcess& open);
  [[nodiscard]] Field<std::string> wait_channel(const OpenProcess& open);
  void fill_texts(OpenProcess& open);
  void fill_links(OpenProcess& open) const;
  void fill_parts(OpenProcess& open);
  [[nodiscard]] bool wants(Fields fields) const { return has(fields_, fields); }

  Fields fields_;
  os::ReadBuffer buffer_{};
  SocketTables sockets_{};
};

}  // namespace tend::inspect
