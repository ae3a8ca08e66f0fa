#pragma once
// The recorder of a Machine, as far as it matters to the director and to whoever takes over: it
// outlives a killed keeper, holds copies of what must survive and the leaders of all runs, reports
// the ends that the kernel tells it of, and gives everything to the next `tend up`.

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "os/fd.hpp"
#include "service/handover.hpp"
#include "service/state_table.hpp"

namespace tend::service::world {

struct Machine;

class SimRecorder {
 public:
  explicit SimRecorder(Machine& machine) : machine_(machine) {}

  /// The keeper is dead. What it had not passed on yet is lost.
  void lose_keeper();
  /// It is killed as well.
  void die();
  /// Another one, under a new keeper.
  void begin_anew();

  /// It has noticed the death of the keeper, and looks at the leaders.
  void turn();

  /// Copies of all that it holds.
  [[nodiscard]] std::vector<Bequest> bequeath();

  /// Whether it holds this process, so that its end is known.
  [[nodiscard]] bool holds(std::uint64_t serial) const;

 private:
  using Key = std::tuple<StoredKind, std::uint32_t, std::uint32_t>;

  void hold_leaders();
  void report_end(std::uint32_t index, std::uint32_t run, std::uint64_t serial);

  Machine& machine_;
  bool is_alive_ = true;
  bool is_heir_ = false;  ///< The keeper is dead, and it knows.
  std::map<Key, os::Fd> held_{};
};

}  // namespace tend::service::world
