#include "service/keeper/descriptor_store.hpp"

#include "os/raw/calls.hpp"

namespace tend::service::keeper {

namespace {

/// How many entries have to be looked at: of the table for ten thousand services few may be in use.
std::uint32_t used_count(const StateView& view) noexcept {
  if (view.header->keeper.stored_used == 0) {
    count_stored(view);  // `tend up` has written the first ones.
  }
  const std::uint32_t used = view.header->keeper.stored_used;
  return used < view.header->stored_count ? used : view.header->stored_count;
}

Stored* find(const StateView& view, StoredKind kind, std::uint32_t record,
             std::uint32_t run) noexcept {
  const std::uint32_t used = used_count(view);
  for (std::uint32_t i = 0; i < used; ++i) {
    Stored& entry = view.stored[i];
    if (entry.kind == kind && entry.record == record && entry.run == run) {
      return &entry;
    }
  }
  return nullptr;
}

/// One that is not in use, and counted as used from now on.
Stored* free_entry(const StateView& view) noexcept {
  const std::uint32_t used = used_count(view);
  for (std::uint32_t i = 0; i < used; ++i) {
    if (view.stored[i].kind == StoredKind::none) {
      return &view.stored[i];
    }
  }
  if (used == view.header->stored_count) {
    return nullptr;
  }
  store_shared(view.header->keeper.stored_used, used + 1);
  return &view.stored[used];
}

}  // namespace

void count_stored(const StateView& view) noexcept {
  std::uint32_t used = view.header->stored_count;
  while (used > 0 && view.stored[used - 1].kind == StoredKind::none) {
    --used;
  }
  store_shared(view.header->keeper.stored_used, used);
}

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
  Stored* entry = free_entry(view);
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
