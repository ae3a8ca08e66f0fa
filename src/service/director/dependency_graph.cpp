#include "service/director/dependency_graph.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tend::service {

namespace {

bool contains(std::span<const std::uint32_t> list, std::uint32_t index) {
  return std::ranges::find(list, index) != list.end();
}

/// All that `index` comes after: what it requires first, then mere order.
std::vector<std::uint32_t> predecessors(const ServiceSpec& spec) {
  std::vector<std::uint32_t> result;
  for (const Requirement& requirement : spec.requires_) {
    if (!contains(result, requirement.on)) {
      result.push_back(requirement.on);
    }
  }
  for (const std::uint32_t index : spec.after) {
    if (!contains(result, index)) {
      result.push_back(index);
    }
  }
  return result;
}

/// A depth-first walk against the edges, with its own stack: a chain may be 10,000 services long.
class Walk {
 public:
  explicit Walk(const ProjectSpec& project) : marks_(project.services.size(), Mark::unseen) {
    for (const ServiceSpec& spec : project.services) {
      predecessors_.push_back(predecessors(spec));
    }
  }

  /// Goes through everything; true if it met a cycle, which is then the end of the path.
  bool meets_cycle() {
    for (std::uint32_t root = 0; root < marks_.size(); ++root) {
      if (marks_[root] == Mark::unseen && descend_meets_cycle(root)) {
        return true;
      }
    }
    return false;
  }

  /// Valid after a walk that met no cycle: everybody comes after its predecessors.
  [[nodiscard]] std::vector<std::uint32_t> order() && { return std::move(order_); }

  /// Valid after a walk that met a cycle.
  [[nodiscard]] std::vector<std::uint32_t> cycle() const {
    std::vector<std::uint32_t> result;
    const auto first = std::ranges::find(path_, repeated_, &Place::index);
    std::ranges::transform(first, path_.end(), std::back_inserter(result), &Place::index);
    result.push_back(repeated_);
    return result;
  }

 private:
  enum class Mark : std::uint8_t { unseen, on_path, finished };
  struct Place {
    std::uint32_t index = 0;
    std::size_t next = 0;  ///< Which predecessor comes next.
  };

  void go_to(std::uint32_t index) {
    marks_[index] = Mark::on_path;
    path_.push_back({.index = index});
  }

  void go_back() {
    const std::uint32_t index = path_.back().index;
    marks_[index] = Mark::finished;
    order_.push_back(index);
    path_.pop_back();
  }

  bool descend_meets_cycle(std::uint32_t root) {
    go_to(root);
    while (!path_.empty()) {
      Place& place = path_.back();
      const std::vector<std::uint32_t>& nexts = predecessors_[place.index];
      if (place.next == nexts.size()) {
        go_back();
        continue;
      }
      const std::uint32_t index = nexts[place.next++];
      if (marks_[index] == Mark::on_path) {
        repeated_ = index;
        return true;
      }
      if (marks_[index] == Mark::unseen) {
        go_to(index);
      }
    }
    return false;
  }

  std::vector<std::vector<std::uint32_t>> predecessors_{};
  std::vector<Mark> marks_;
  std::vector<Place> path_{};
  std::vector<std::uint32_t> order_{};
  std::uint32_t repeated_ = 0;
};

bool is_satisfied(Until until, const Standing& on) {
  // A task that is through has been everything that can be waited for.
  const bool is_done = on.phase == Phase::done;
  switch (until) {
    case Until::started: return is_done || on.is_started;
    case Until::ready: return is_done || on.is_ready;
    case Until::completed: return is_done;
  }
  return false;
}

/// Will this one, without anybody's help, soon be up (or, for a task, done)?
bool is_coming(const Standing& standing, Kind kind) {
  switch (standing.phase) {
    case Phase::waiting:
    case Phase::starting: return true;
    case Phase::stopping: return standing.wanted;
    case Phase::up:
    case Phase::reloading: return kind == Kind::task;
    case Phase::stopped:
    case Phase::backoff:
    case Phase::cooling_down:
    case Phase::failed:
    case Phase::done: return false;
  }
  return false;
}

}  // namespace

Standing standing_of(const ServiceState& state) noexcept {
  const bool has_leader = state.leader == Leader::alive;
  return {.phase = state.phase,
          .wanted = state.wanted,
          .is_ready = state.is_ready(),
          .is_active = state.is_active(),
          .is_started = has_leader && state.phase != Phase::stopping};
}

DependencyGraph::DependencyGraph(const ProjectSpec& project) : nodes_(project.services.size()) {
  for (std::uint32_t index = 0; index < nodes_.size(); ++index) {
    const ServiceSpec& spec = project.services[index];
    Node& node = nodes_[index];
    node.kind = spec.kind;
    node.requires_ = spec.requires_;
    for (const Requirement& requirement : spec.requires_) {
      Node& on = nodes_[requirement.on];
      if (!contains(node.required, requirement.on)) {
        node.required.push_back(requirement.on);
        on.required_by.push_back(index);
      }
      const bool is_known = !on.restarted_with.empty() && on.restarted_with.back() == index;
      if (requirement.restart && !is_known) {
        on.restarted_with.push_back(index);
      }
    }
    for (const std::uint32_t predecessor : predecessors(spec)) {
      nodes_[predecessor].dependents.push_back(index);
      if (!contains(node.required, predecessor)) {
        node.after.push_back(predecessor);
      }
    }
  }
  Walk walk(project);
  walk.meets_cycle();
  start_order_ = std::move(walk).order();
}

std::optional<std::vector<std::uint32_t>> DependencyGraph::find_cycle(const ProjectSpec& project) {
  Walk walk(project);
  return walk.meets_cycle() ? std::optional(walk.cycle()) : std::nullopt;
}

std::vector<std::uint32_t> DependencyGraph::holding_back(std::uint32_t index,
                                                         std::span<const Standing> all) const {
  std::vector<std::uint32_t> result;
  for (const Requirement& requirement : nodes_[index].requires_) {
    if (!is_satisfied(requirement.until, all[requirement.on]) &&
        !contains(result, requirement.on)) {
      result.push_back(requirement.on);
    }
  }
  for (const std::uint32_t predecessor : nodes_[index].after) {
    if (is_coming(all[predecessor], nodes_[predecessor].kind)) {
      result.push_back(predecessor);
    }
  }
  return result;
}

std::vector<std::uint32_t> DependencyGraph::ends_first(std::uint32_t index,
                                                       std::span<const Standing> all) const {
  std::vector<std::uint32_t> result;
  std::ranges::copy_if(
      nodes_[index].dependents, std::back_inserter(result), [&](std::uint32_t dependent) {
        const Standing& standing = all[dependent];
        return standing.phase == Phase::stopping || (standing.is_active && !standing.wanted);
      });
  return result;
}

std::vector<bool> DependencyGraph::reach(std::span<const std::uint32_t> from, Neighbours along,
                                         const std::function<bool(std::uint32_t)>& enters) const {
  std::vector<bool> is_reached(nodes_.size());
  std::vector<std::uint32_t> open(from.begin(), from.end());
  while (!open.empty()) {
    const std::uint32_t index = open.back();
    open.pop_back();
    if (!is_reached[index]) {
      is_reached[index] = true;
      std::ranges::copy_if(nodes_[index].*along, std::back_inserter(open),
                           [&](std::uint32_t next) { return !enters || enters(next); });
    }
  }
  return is_reached;
}

std::vector<std::uint32_t> DependencyGraph::with_requirements(std::span<const std::uint32_t> chosen,
                                                              std::span<const Standing> all) const {
  const std::vector<bool> is_reached = reach(chosen, &Node::required, [&](std::uint32_t index) {
    return all.empty() || all[index].phase != Phase::done;
  });
  std::vector<std::uint32_t> result;
  std::ranges::copy_if(start_order_, std::back_inserter(result),
                       [&](std::uint32_t index) { return is_reached[index]; });
  return result;
}

std::vector<std::uint32_t> DependencyGraph::with_dependents(
    std::span<const std::uint32_t> chosen) const {
  const std::vector<bool> is_reached = reach(chosen, &Node::required_by);
  std::vector<std::uint32_t> result;
  std::copy_if(start_order_.rbegin(), start_order_.rend(), std::back_inserter(result),
               [&](std::uint32_t index) { return is_reached[index]; });
  return result;
}

std::span<const std::uint32_t> DependencyGraph::restarted_with(std::uint32_t index) const {
  return nodes_[index].restarted_with;
}

std::span<const std::uint32_t> DependencyGraph::waiting_on(std::uint32_t index) const {
  return nodes_[index].dependents;
}

}  // namespace tend::service
