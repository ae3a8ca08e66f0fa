#pragma once
// Which processes a Filter lets pass: as early as possible, since what is not read costs nothing.

#include <tend/inspect/snapshot.hpp>

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "inspect/process_reader.hpp"

namespace tend::inspect {

class Sieve {
 public:
  /// `proc` and `reader` must outlive it.
  Sieve(const Filter& filter, const View& view, const os::ProcFolder& proc, ProcessReader& reader);

  /// False only if it does not match, as the kernel says without /proc, or in its shortest file.
  [[nodiscard]] bool may_pass(std::int32_t pid);

  /// Whether it matches. Reads what the filter needs, of the open process.
  [[nodiscard]] bool passes(OpenProcess& open);

 private:
  [[nodiscard]] bool kernel_lets_pass(std::int32_t pid);
  [[nodiscard]] bool may_lie_in_cgroup(std::int32_t pid, std::uint64_t cgroup_id);

  Filter filter_;
  const os::ProcFolder& proc_;
  ProcessReader& reader_;
  bool can_ask_kernel_;                                ///< Until it has said that it cannot tell.
  std::unordered_map<std::uint64_t, bool> cgroups_{};  ///< By id: whether they are wanted.
};

}  // namespace tend::inspect
