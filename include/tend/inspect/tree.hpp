#pragma once
// Tree: who is whose child, made of the processes of a Snapshot.

#include <tend/inspect/process.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace tend::inspect {

/// Indices into the span that it was made of; that one must outlive it. A process whose parent is
/// not in the span, or not surely in it (see Process::parent), is a root.
class Tree {
 public:
  /// Looks at pids and parents only; two processes of one pid are not expected.
  explicit Tree(std::span<const Process> processes);

  /// What it was made of.
  [[nodiscard]] std::span<const Process> processes() const { return processes_; }

  /// In the order of the span.
  [[nodiscard]] std::span<const std::size_t> roots() const { return roots_; }
  [[nodiscard]] std::span<const std::size_t> children(std::size_t index) const;

  /// Nothing: it is a root.
  [[nodiscard]] std::optional<std::size_t> parent(std::size_t index) const;

  /// By pid.
  [[nodiscard]] std::optional<std::size_t> find(std::int32_t pid) const;

  /// The process and everything below it, each parent before its children.
  [[nodiscard]] std::vector<std::size_t> with_descendants(std::size_t index) const;

 private:
  [[nodiscard]] bool is_own_ancestor(std::size_t index) const;

  std::span<const Process> processes_{};
  std::vector<std::size_t> by_pid_{};
  std::vector<std::optional<std::size_t>> parents_{};
  std::vector<std::size_t> roots_{};
  std::vector<std::size_t> children_{};  ///< Of all processes, one after the other.
  std::vector<std::size_t>
      begins_{};  ///< Where each one's children begin; one more than processes.
};

}  // namespace tend::inspect
