#pragma once
// Who waits for whom, as a pure value: built once from the specs, asked at every start and stop.
// Indices are those of ProjectSpec::services. It knows phases, but no processes and no time.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "service/director/service_state.hpp"
#include "service/service_spec.hpp"

namespace tend::service {

/// What the graph needs to know of each service at the moment of asking.
struct Standing {
  Phase phase = Phase::stopped;
  bool wanted = false;
  bool is_ready = false;    ///< Up and ready (a service without readiness means: up).
  bool is_active = false;   ///< A process of it may exist (starting, up, reloading, stopping).
  bool is_started = false;  ///< Its program was executed, and has not ended.
};

[[nodiscard]] Standing standing_of(const ServiceState& state) noexcept;

class DependencyGraph {
 public:
  /// The project is a validated one: every index is inside, and there is no cycle.
  explicit DependencyGraph(const ProjectSpec& project);

  /// The services on a cycle, in order and with the first one repeated at the end; absent if there
  /// is none. A validated project has none.
  [[nodiscard]] static std::optional<std::vector<std::uint32_t>> find_cycle(
      const ProjectSpec& project);

  /// What `index` still waits for before it may start: requirements that are not satisfied, and
  /// services it comes after that are themselves on the way up (one that failed, or is in backoff,
  /// holds nobody back). Empty: it may start.
  [[nodiscard]] std::vector<std::uint32_t> holding_back(std::uint32_t index,
                                                        std::span<const Standing> all) const;

  /// The active services that must end before `index` is told to stop: those that require it or
  /// come after it, and are stopping or no longer wanted.
  [[nodiscard]] std::vector<std::uint32_t> ends_first(std::uint32_t index,
                                                      std::span<const Standing> all) const;

  /// `chosen` and all that they require, transitively; in the order to start them. A task that is
  /// done in `all` (empty: none is) satisfies those that require it: it is left out with what only
  /// it requires, unless it is chosen itself.
  [[nodiscard]] std::vector<std::uint32_t> with_requirements(
      std::span<const std::uint32_t> chosen, std::span<const Standing> all = {}) const;

  /// `chosen` and all that require them, transitively; in the order to stop them.
  [[nodiscard]] std::vector<std::uint32_t> with_dependents(
      std::span<const std::uint32_t> chosen) const;

  /// Those that require `index` with restart = true.
  [[nodiscard]] std::span<const std::uint32_t> restarted_with(std::uint32_t index) const;

  /// Those whose start may have been waiting for `index` (requirements and order).
  [[nodiscard]] std::span<const std::uint32_t> waiting_on(std::uint32_t index) const;

 private:
  struct Node {
    Kind kind = Kind::service;
    std::vector<Requirement> requires_{};
    std::vector<std::uint32_t> required{};  ///< The indices of requires_.
    std::vector<std::uint32_t> after{};     ///< Order only: without those it requires.
    std::vector<std::uint32_t> required_by{};
    std::vector<std::uint32_t> dependents{};  ///< required_by and those that come after.
    std::vector<std::uint32_t> restarted_with{};
  };
  using Neighbours = std::vector<std::uint32_t> Node::*;
  [[nodiscard]] std::vector<bool> reach(
      std::span<const std::uint32_t> from, Neighbours along,
      const std::function<bool(std::uint32_t)>& enters = {}) const;

  std::vector<Node> nodes_{};
  std::vector<std::uint32_t> start_order_{};
};

}  // namespace tend::service
