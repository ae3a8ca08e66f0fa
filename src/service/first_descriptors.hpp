#pragma once
// The descriptors that a keeper is born with, open in this process under the numbers that they
// keep.

#include <cstdint>
#include <vector>

#include "os/fd.hpp"
#include "service/state_file.hpp"

namespace tend::service {

class FirstDescriptors {
 public:
  void add(StoredKind kind, os::Fd fd) { add({.kind = kind}, std::move(fd)); }

  /// `entry` names it; the number is filled in.
  void add(Stored entry, os::Fd fd);

  /// Whether one is listed as {kind, record, run}.
  [[nodiscard]] bool has(StoredKind kind, std::uint32_t record, std::uint32_t run) const;

  /// Makes the table of the state file say what is here, and nothing else. Nobody else may have it
  /// open. ENOSPC: the table is full.
  [[nodiscard]] Result<> write_to(StateFile& state) const;

  [[nodiscard]] const std::vector<os::Fd>& all() const noexcept { return opened_; }

 private:
  std::vector<Stored> entries_{};
  std::vector<os::Fd> opened_{};
};

}  // namespace tend::service
