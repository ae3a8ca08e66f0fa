#pragma once
// Succession: what the recorder does when its keeper was killed. It reports the ends of the leaders
// in the keeper's place, as far as the kernel tells them, and gives all that must survive to the
// `tend up` that takes over.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "os/event_loop.hpp"
#include "os/fd.hpp"
#include "service/handover.hpp"
#include "service/leader_watch.hpp"
#include "service/recorder/spare_copies.hpp"
#include "service/state_file.hpp"

namespace tend::service {

class Succession {
 public:
  /// The descriptors that the recorder itself uses.
  using OwnOffers = std::function<std::vector<Offer>()>;

  /// `door`: the listening socket of the runtime folder; closed if there is none.
  Succession(os::EventLoop& loop, StateFile& state, os::Fd door);
  ~Succession();
  Succession(const Succession&) = delete;
  Succession& operator=(const Succession&) = delete;

  /// A copy for the next keeper.
  void keep(StoredKind kind, std::uint32_t record, std::uint32_t run, os::Fd fd) {
    copies_.keep(kind, record, run, std::move(fd));
  }
  void forget_dropped() { copies_.forget_dropped(); }

  /// The keeper is dead.
  void begin(OwnOffers own_offers);

  /// Leaders live whose ends are to be reported.
  [[nodiscard]] bool has_leaders() const noexcept { return !leaders_.empty(); }

  /// Another recorder has taken over: not one byte more may be moved by us.
  [[nodiscard]] bool is_over() const noexcept { return is_over_; }

 private:
  void watch_leaders();
  void report_end(std::uint32_t index, std::uint32_t run, std::optional<ExitStatus> status);
  void open_door();
  Result<> hand_over(const os::Fd& heir);

  os::EventLoop& loop_;
  StateFile& state_;
  SpareCopies copies_;
  os::Fd door_;
  os::WatchId door_watch_ = os::WatchId::none;
  OwnOffers own_offers_{};
  std::map<std::uint32_t, std::unique_ptr<LeaderWatch>> leaders_{};
  std::uint32_t starts_before_ = 0;  ///< Of recorders, when the keeper was lost.
  bool is_over_ = false;
};

}  // namespace tend::service
