#include "service/keeper/descriptor_store.hpp"

#include "os/raw/calls.hpp"

namespace tend::service::keeper {

namespace {

Stored* find(const StateView& view, StoredKind kind, std::uint32_t record,
             std::uint32_t run) noexcept {
  for (std::uint32_t i = 0; i < view.header->stored_count; ++i) {
    Stored& entry = view.stored[i];
    const bool is_free = kind == StoredKind::none;
    if (entry.kind == kind && (is_free || (entry.record == record && entry.run == run))) {
      return &entry;
    }
  }
  return nullptr;
}

}  // namespace

int stored_fd(const StateView& view, StoredKind kind) noexcept {
  for (std::uint32_t i = 0; i < view.header->stored_count; ++i) {
    if (view.stored[i].kind == kind) {
      return view.stored[i].fd;
    }
  }
  return -1;
}

void close_on_exec(const StateView& view) noexcept {
  for (std::uint32_t i = 0; i < view.header->stored_count; ++i) {
    if (view.stored[i].kind != StoredKind::none) {
      os::raw::fcntl(view.stored[i].fd, F_SETFD, FD_CLOEXEC);
    }
  }
}

Stored* keep(const StateView& view, const Message& message, int fd) noexcept {
  drop(view, message.kind, message.record, message.run);
  Stored* entry = find(view, StoredKind::none, 0, 0);
  if (entry != nullptr) {
    entry->record = message.record;
    entry->run = message.run;
    entry->fd = fd;
    entry->passed = Passed::not_yet;
    entry->inode = message.inode;
    // The kind comes last: a reader that sees it sees a whole entry.
    store_shared(entry->kind, message.kind);
  }
  return entry;
}

void drop(const StateView& view, StoredKind kind, std::uint32_t record,
          std::uint32_t run) noexcept {
  if (kind == StoredKind::none) {
    return;
  }
  if (Stored* entry = find(view, kind, record, run); entry != nullptr) {
    store_shared(entry->kind, StoredKind::none);
    os::raw::close(entry->fd);
    entry->fd = -1;
  }
}

void mark_passed_by_exec(const StateView& view) noexcept {
  for (std::uint32_t i = 0; i < view.header->stored_count; ++i) {
    if (is_for(view.stored[i].kind, Helper::recorder)) {
      view.stored[i].passed = Passed::by_exec;
    }
  }
}

void pass_on(const StateView& view, Helper helper) noexcept {
  for (std::uint32_t i = 0; i < view.header->stored_count; ++i) {
    const Stored& entry = view.stored[i];
    if (is_for(entry.kind, helper)) {
      os::raw::fcntl(entry.fd, F_SETFD, 0);
    }
  }
}

}  // namespace tend::service::keeper
