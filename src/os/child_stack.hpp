#pragma once
// Memory that a new child gets beside ours: a stack of its own while it shares our memory, or a
// page that stays shared when the rest is copied.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "os/raw/child_slot.hpp"

namespace tend::os {

/// 64 KiB and a guard page below: a child that overruns it dies instead of writing into our heap.
class [[nodiscard]] ChildStack {
 public:
  static Result<ChildStack> make();

  ChildStack(ChildStack&& other) noexcept : mapping_(std::exchange(other.mapping_, nullptr)) {}
  ChildStack& operator=(ChildStack&&) = delete;
  ChildStack(const ChildStack&) = delete;
  ChildStack& operator=(const ChildStack&) = delete;
  ~ChildStack();

  [[nodiscard]] void* lowest() const noexcept;
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  explicit ChildStack(std::byte* mapping) noexcept : mapping_(mapping) {}

  std::byte* mapping_;
};

/// One ChildSlot in a page that stays shared between parent and child.
class [[nodiscard]] SharedSlot {
 public:
  static Result<SharedSlot> make();

  SharedSlot(SharedSlot&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
  SharedSlot& operator=(SharedSlot&&) = delete;
  SharedSlot(const SharedSlot&) = delete;
  SharedSlot& operator=(const SharedSlot&) = delete;
  ~SharedSlot();

  [[nodiscard]] raw::ChildSlot& operator*() const noexcept { return *slot_; }
  [[nodiscard]] raw::ChildSlot* operator->() const noexcept { return slot_; }

  /// For raw::ChildInput::reached_exec, in the same page.
  [[nodiscard]] std::int32_t& reached_exec() const noexcept;

 private:
  explicit SharedSlot(raw::ChildSlot* slot) noexcept : slot_(slot) {}

  raw::ChildSlot* slot_;
};

}  // namespace tend::os
