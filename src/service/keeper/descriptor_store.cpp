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

bool is_for(StoredKind kind, Helper helper) noexcept {
  switch (kind) {
    case StoredKind::none:
    case StoredKind::lock_file:
    case StoredKind::program: return false;
    case StoredKind::state_file: return true;
    case StoredKind::control_socket:
    case StoredKind::viewer:
    case StoredKind::report_event:
    case StoredKind::notify_socket:
    case StoredKind::ready_pipe: return helper == Helper::director;
    case StoredKind::staging_read:
    case StoredKind::staging_write:
    case StoredKind::log_pipe: return helper == Helper::recorder;
  }
  return false;
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

Stored* keep(const StateView& view, StoredKind kind, std::uint32_t record, std::uint32_t run,
             int fd) noexcept {
  drop(view, kind, record, run);
  Stored* entry = find(view, StoredKind::none, 0, 0);
  if (entry != nullptr) {
    entry->record = record;
    entry->run = run;
    entry->fd = fd;
    entry->passed = Passed::not_yet;
    // The kind comes last: a reader that sees it sees a whole entry.
    store_shared(entry->kind, kind);
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
    if (view.stored[i].kind == StoredKind::log_pipe) {
      view.stored[i].passed = Passed::by_exec;
    }
  }
}

void pass_on(const StateView& view, Helper helper) noexcept {
  for (std::uint32_t i = 0; i < view.header->stored_count; ++i) {
    const Stored& entry = view.stored[i];
    const bool is_late = entry.kind == StoredKind::log_pipe && entry.passed != Passed::by_exec;
    if (is_for(entry.kind, helper) && !is_late) {
      os::raw::fcntl(entry.fd, F_SETFD, 0);
    }
  }
}

}  // namespace tend::service::keeper
