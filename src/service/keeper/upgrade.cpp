#include "service/keeper/upgrade.hpp"

#include <errno.h>

#include "os/raw/calls.hpp"
#include "service/keeper/descriptor_store.hpp"
#include "service/keeper/keeper.hpp"
#include "service/keeper/say.hpp"

namespace tend::service::keeper {

namespace raw = os::raw;

namespace {

constexpr int exit_cannot = 3;

Stored* entry_of(const StateView& view, StoredKind kind) noexcept {
  for (std::uint32_t i = 0; i < view.header->stored_count; ++i) {
    if (view.stored[i].kind == kind) {
      return &view.stored[i];
    }
  }
  return nullptr;
}

/// Everything that the new image goes on with passes the exec, or nothing does.
void set_inheritable(const StateView& view, int director_socket, int recorder_socket,
                     bool is_inheritable) noexcept {
  const long flags = is_inheritable ? 0 : FD_CLOEXEC;
  for (std::uint32_t i = 0; i < view.header->stored_count; ++i) {
    if (view.stored[i].kind != StoredKind::none) {
      raw::fcntl(view.stored[i].fd, F_SETFD, flags);
    }
  }
  const int sockets[] = {director_socket, recorder_socket};
  for (const int socket : sockets) {
    if (socket >= 0) {
      raw::fcntl(socket, F_SETFD, flags);
    }
  }
}

/// Its descriptor, which is not listed any more; -1 if there is none.
int take_next_keeper(const StateView& view) noexcept {
  Stored* entry = entry_of(view, StoredKind::next_keeper);
  if (entry == nullptr) {
    return -1;
  }
  store_shared(entry->kind, StoredKind::none);
  return entry->fd;
}

/// A memfd with the table that nobody can change any more; -errno.
long sealed(const UpgradeTable& table) noexcept {
  const long fd = raw::memfd_create("tend-upgrade", MFD_ALLOW_SEALING);
  if (fd < 0) {
    return fd;
  }
  const int number = static_cast<int>(fd);
  long result = raw::write(number, &table, sizeof table);
  if (result == static_cast<long>(sizeof table)) {
    result =
        raw::fcntl(number, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  } else {
    result = result < 0 ? result : -EIO;
  }
  if (result < 0) {
    raw::close(number);
    return result;
  }
  return fd;
}

}  // namespace

long become_next(const StateView& view, const HelperProcess& director,
                 const HelperProcess& recorder, char* const* environment) noexcept {
  // Not passed on: a script is then refused by execveat(2) instead of being run as the parent of
  // all.
  const int program = take_next_keeper(view);
  const long table = program < 0 ? -ENOENT
                                 : sealed({.state_fd = stored_fd(view, StoredKind::state_file),
                                           .director_pid = director.pid,
                                           .director_socket = director.socket,
                                           .recorder_pid = recorder.pid,
                                           .recorder_socket = recorder.socket});
  long result = table;
  if (table >= 0) {
    set_inheritable(view, director.socket, recorder.socket, true);
    char name[] = "tend-keeper";
    char word[] = "resume";
    char buffer[24];
    char* arguments[] = {name, word, digits_of(table, buffer), nullptr};
    result = raw::exec_fd(program, arguments, environment);
    set_inheritable(view, director.socket, recorder.socket, false);
    raw::close(static_cast<int>(table));
  }
  if (program >= 0) {
    raw::close(program);
  }
  drop(view, StoredKind::next_program, no_record, 0);
  return result;
}

bool read_table(int fd, UpgradeTable& table) noexcept {
  const UpgradeTable wanted{};
  const long bytes = raw::pread(fd, &table, sizeof table, 0);
  raw::close(fd);
  return bytes == static_cast<long>(sizeof table) &&
         __builtin_memcmp(table.magic, wanted.magic, sizeof table.magic) == 0 &&
         table.version == upgrade_version;
}

void take_next_program(const StateView& view) noexcept {
  Stored* next = entry_of(view, StoredKind::next_program);
  if (next == nullptr) {
    return;
  }
  drop(view, StoredKind::previous_program, no_record, 0);
  if (Stored* present = entry_of(view, StoredKind::program); present != nullptr) {
    store_shared(present->kind, StoredKind::previous_program);
  }
  store_shared(next->kind, StoredKind::program);
}

bool restore_program(const StateView& view) noexcept {
  Stored* previous = entry_of(view, StoredKind::previous_program);
  if (previous == nullptr) {
    return false;
  }
  drop(view, StoredKind::program, no_record, 0);
  store_shared(previous->kind, StoredKind::program);
  return true;
}

int check(int state_fd, long version) noexcept {
  StateView view{};
  const bool is_good = version == static_cast<long>(upgrade_version) && map_state(state_fd, view);
  return is_good ? upgrade_check_passed : exit_cannot;
}

}  // namespace tend::service::keeper
