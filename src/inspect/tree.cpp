#include <tend/inspect/tree.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

namespace tend::inspect {

Tree::Tree(std::span<const Process> processes)
    : processes_(processes),
      by_pid_(processes.size()),
      parents_(processes.size()),
      begins_(processes.size() + 1) {
  std::iota(by_pid_.begin(), by_pid_.end(), std::size_t{0});
  std::ranges::sort(by_pid_, {}, [this](std::size_t index) {
    return std::pair(processes_[index].identity.pid, index);
  });
  for (std::size_t index = 0; index < processes.size(); ++index) {
    const Identity& parent = processes[index].parent;
    const auto found = parent.start_ticks == 0 ? std::nullopt : find(parent.pid);
    if (found && processes[*found].identity == parent) {
      parents_[index] = found;
    }
  }
  std::vector<std::size_t> counts(processes.size());
  for (std::size_t index = 0; index < processes.size(); ++index) {
    if (parents_[index] && is_own_ancestor(index)) {
      parents_[index].reset();
    }
    if (parents_[index]) {
      ++counts[*parents_[index]];
    } else {
      roots_.push_back(index);
    }
  }
  std::partial_sum(counts.begin(), counts.end(), begins_.begin() + 1);
  children_.resize(begins_.back());
  std::vector<std::size_t> next(begins_.begin(), begins_.end() - 1);
  for (std::size_t index = 0; index < processes.size(); ++index) {
    if (parents_[index]) {
      children_[next[*parents_[index]]++] = index;
    }
  }
}

/// No process is older than its parent, so a circle can only be one of processes of the same tick:
/// the walk is short.
bool Tree::is_own_ancestor(std::size_t index) const {
  const std::uint64_t ticks = processes_[index].identity.start_ticks;
  std::optional<std::size_t> at = parents_[index];
  for (std::size_t steps = 0; at && steps <= processes_.size(); ++steps) {
    if (*at == index || processes_[*at].identity.start_ticks > ticks) {
      return true;
    }
    if (processes_[*at].identity.start_ticks < ticks) {
      return false;
    }
    at = parents_[*at];
  }
  return at.has_value();
}

std::span<const std::size_t> Tree::children(std::size_t index) const {
  return std::span(children_).subspan(begins_[index], begins_[index + 1] - begins_[index]);
}

std::optional<std::size_t> Tree::parent(std::size_t index) const { return parents_[index]; }

std::optional<std::size_t> Tree::find(std::int32_t pid) const {
  const auto at = std::ranges::lower_bound(
      by_pid_, pid, {}, [this](std::size_t index) { return processes_[index].identity.pid; });
  if (at == by_pid_.end() || processes_[*at].identity.pid != pid) {
    return std::nullopt;
  }
  return *at;
}

std::vector<std::size_t> Tree::with_descendants(std::size_t index) const {
  std::vector<std::size_t> found{index};
  // Each process has one parent and there are no circles, so none is met twice.
  for (std::size_t at = 0; at < found.size(); ++at) {
    const auto below = children(found[at]);
    found.insert(found.end(), below.begin(), below.end());
  }
  return found;
}

}  // namespace tend::inspect
