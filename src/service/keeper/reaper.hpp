#pragma once
// Reaping: every child that ends is either one of the keeper's helpers, the leader of a run, or an
// orphan that the kernel gave us. A leader is reported first and reaped only when the director has
// acknowledged its end: until then neither its pid nor its process group can belong to a stranger.

#include <signal.h>
#include <sys/resource.h>

#include "service/keeper/state_view.hpp"

namespace tend::service::keeper {

/// The children of the keeper, as waitid(2) shows them. A test may bring its own.
struct Children {
  void* self = nullptr;
  /// Looks at an ended child without reaping it: `pid`, or any if that is 0. Whether there is one.
  bool (*peek)(void* self, int pid, siginfo_t& info, rusage& usage) noexcept = nullptr;
  /// Reaps it, if it is a child and has ended.
  void (*bury)(void* self, int pid) noexcept = nullptr;
};

/// Those of this process.
Children own_children() noexcept;

/// A child of the keeper itself that has ended and was reaped.
struct HelperEnd {
  int pid = 0;
  int code = 0;    ///< si_code.
  int status = 0;  ///< si_status.
};

inline constexpr int helper_ends_max = 8;

struct Reaped {
  bool has_reported = false;  ///< Reports wait for the director.
  /// An end that is not acknowledged stands in front: others may have ended behind it.
  bool may_hide = false;
  bool has_more = false;  ///< The bound of one turn was reached; call again.
  int helper_ends_count = 0;
  HelperEnd helper_ends[helper_ends_max] = {};
};

/// Whether to look for leaders that have ended behind one that must stay: a call for each.
enum class Hidden : unsigned char { leave, report };

/// Reaps and reports what there is, at most a few hundred children a turn. `helpers` are pids of
/// our own children (0 ends the list).
Reaped reap(const StateView& view, const int* helpers, const Children& children = own_children(),
            Hidden hidden = Hidden::report) noexcept;

/// Buries the last leader of a record if its end is acknowledged: before the record's next run
/// begins, so that its zombie is not taken for an orphan. Whether it found an end instead that
/// waits for the director from now on.
[[nodiscard]] bool bury_acknowledged(const StateView& view, std::uint32_t index, const int* helpers,
                                     const Children& children = own_children()) noexcept;

}  // namespace tend::service::keeper
