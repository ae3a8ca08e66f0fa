#pragma once
// What the director holds of one service while it runs: its record (stored in the state file at
// every change) and the descriptors, timers and watches that a new director makes anew.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "os/event_loop.hpp"
#include "os/fd.hpp"
#include "service/director/probe.hpp"
#include "service/director/service_state.hpp"
#include "service/leader_watch.hpp"
#include "service/service_spec.hpp"
#include "service/state_file.hpp"

namespace tend::service {

/// A process of an ended run that still lives, watched for its end.
struct Leftover {
  os::Fd pidfd{};
  os::WatchId watch = os::WatchId::none;
};

struct ServiceUnit {
  std::uint32_t index = 0;
  const ServiceSpec* spec = nullptr;
  Policy policy{};
  DirectorRecord record{};

  os::TimerId deadline = os::TimerId::none;
  std::unique_ptr<Probe> probe{};
  std::vector<Leftover> leftovers{};
  os::Fd leader{};  ///< pidfd, of an adopted run whose leader lives.
  std::unique_ptr<LeaderWatch> leader_watch{};
  os::Fd notify{};
  os::WatchId notify_watch = os::WatchId::none;
  std::string notify_address{};

  [[nodiscard]] const ServiceState& state() const noexcept { return record.state; }
  /// The present run was born under another keeper, and is no child of ours.
  [[nodiscard]] bool is_adopted() const noexcept {
    return state().run != 0 && record.adoption.run == state().run;
  }
  [[nodiscard]] bool is_stop_asked() const noexcept { return record.is_stop_asked; }
};

}  // namespace tend::service
