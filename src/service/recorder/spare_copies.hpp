#pragma once
// SpareCopies: what the recorder, who outlives a killed keeper, keeps for the next one besides its
// own pipes: notify sockets, readiness pipes, pidfds of leaders. It reads none of them.

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "os/fd.hpp"
#include "service/handover.hpp"
#include "service/state_file.hpp"

namespace tend::service {

class SpareCopies {
 public:
  explicit SpareCopies(const StateFile& state) : state_(state) {}

  void keep(StoredKind kind, std::uint32_t record, std::uint32_t run, os::Fd fd);

  /// Closes what the keeper does not keep any more.
  void forget_dropped();

  /// The keeper is dead: takes hold of all leaders, so that their exit codes can still be asked for
  /// after whoever inherited them has reaped them (Linux 6.15).
  void hold_leaders();

  [[nodiscard]] std::vector<Offer> offers() const;

 private:
  using Key = std::tuple<StoredKind, std::uint32_t, std::uint32_t>;

  const StateFile& state_;
  std::map<Key, os::Fd> kept_{};
};

}  // namespace tend::service
