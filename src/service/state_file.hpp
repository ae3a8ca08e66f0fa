#pragma once
// StateFile: the mapped state file, for everyone but the keeper. It makes a new one from the specs,
// opens and checks an existing one, and reads and writes the director's records so that a kill at
// any instruction leaves the last whole one.

#include <tend/error.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

#include "os/fd.hpp"
#include "os/mapped_file.hpp"
#include "service/director/service_state.hpp"
#include "service/keeper/state_view.hpp"
#include "service/service_spec.hpp"

namespace tend::service {

/// A run that was born under a keeper that is dead: whoever inherited its leader reaps it, so its
/// pid is good only as long as it is known to live, and is not told in ChildSlot any more.
struct Adoption {
  std::uint32_t run = 0;   ///< 0: no run of this service was adopted.
  std::int32_t pid = 0;    ///< Of the leader; 0: it had ended before.
  bool has_output = true;  ///< Its log pipe was found; if not, what it writes goes nowhere.
};

/// What the director keeps of one service.
struct DirectorRecord {
  ServiceState state{};
  bool is_stop_asked = false;  ///< Somebody said stop; those that require it have to end first.
  std::uint32_t notes_ignored = 0;  ///< Notifications from senders that do not belong to it.
  char status_text[160] = {};       ///< STATUS=, cut to fit, ended by a zero.
  /// When the leader of run `leader_start_run` was started (/proc/PID/stat, field 22); 0: not
  /// known. With the boot id and the pid it tells the leader from a stranger.
  std::uint64_t leader_start_ticks = 0;
  std::uint32_t leader_start_run = 0;
  Adoption adoption{};
};
static_assert(std::is_trivially_copyable_v<DirectorRecord>);

/// Two copies: the even or odd sequence number says which one is whole. The digests tell a copy
/// that was damaged (a torn file, a flipped bit) from a good one.
struct Record {
  std::uint64_t sequence = 0;
  std::uint64_t digests[2] = {};
  DirectorRecord copies[2] = {};
};

class StateFile {
 public:
  /// Makes `name` in `directory` with all services in `initial` states. The descriptors of a new
  /// project are listed by the caller (stored()). Until it is whole it lies under another name.
  static Result<StateFile> create_at(const os::Fd& directory, const std::string& name,
                                     const ProjectSpec& project,
                                     std::span<const ServiceState> initial);

  static Result<StateFile> open_at(const os::Fd& directory, const std::string& name);

  /// By an inherited descriptor.
  static Result<StateFile> map(os::Fd fd);

  [[nodiscard]] StateHeader& header() const noexcept { return *view_.header; }
  [[nodiscard]] Result<ProjectSpec> project() const;
  [[nodiscard]] std::uint32_t count() const noexcept { return view_.header->record_count; }

  /// What is wrong with the file, if anything; `other_version` when it cannot be told.
  static StateFault fault_at(const os::Fd& directory, const std::string& name);

  /// The last good copy; an empty record when neither is good.
  [[nodiscard]] DirectorRecord record(std::uint32_t index) const;

  /// The last copy is damaged: record() is older than what was written.
  [[nodiscard]] bool is_damaged(std::uint32_t index) const;
  void set_record(std::uint32_t index, const DirectorRecord& record);

  [[nodiscard]] ChildSlot& slot(std::uint32_t index) const noexcept { return view_.slots[index]; }

  /// The report of `run`, if the keeper has made it.
  [[nodiscard]] bool has_report(std::uint32_t index, std::uint32_t run) const noexcept;
  [[nodiscard]] ExitReport& report(std::uint32_t index) const noexcept {
    return view_.reports[index];
  }

  [[nodiscard]] std::uint32_t acknowledged(std::uint32_t index) const noexcept;
  void set_acknowledged(std::uint32_t index, std::uint32_t run);

  [[nodiscard]] std::uint64_t log_bytes_dropped(std::uint32_t index) const noexcept {
    return load_shared(view_.dropped[index]);
  }

  [[nodiscard]] std::span<Stored> stored() const noexcept {
    return {view_.stored, view_.header->stored_count};
  }

  /// The number under which a descriptor is kept; -1 if none is.
  [[nodiscard]] int stored_fd(StoredKind kind, std::uint32_t record = no_record,
                              std::uint32_t run = 0) const noexcept;

  /// The boot on which the file was made is the present one; its times and pids mean something.
  [[nodiscard]] bool is_of_this_boot() const;

  [[nodiscard]] const os::Fd& fd() const noexcept { return file_.fd(); }
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return file_.bytes(); }

 private:
  static Result<StateFile> attach(os::MappedFile file);
  [[nodiscard]] Record& raw_record(std::uint32_t index) const noexcept;

  os::MappedFile file_{};
  StateView view_{};
};

}  // namespace tend::service
