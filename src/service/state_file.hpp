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

/// What the director keeps of one service.
struct DirectorRecord {
  ServiceState state{};
  bool is_stop_asked = false;  ///< Somebody said stop; those that require it have to end first.
  std::uint32_t notes_ignored = 0;  ///< Notifications from senders that do not belong to it.
  char status_text[160] = {};       ///< STATUS=, cut to fit, ended by a zero.
};
static_assert(std::is_trivially_copyable_v<DirectorRecord>);

/// Two copies: the even or odd sequence number says which one is whole.
struct Record {
  std::uint64_t sequence = 0;
  DirectorRecord copies[2] = {};
};

class StateFile {
 public:
  /// Makes `name` in `directory` with all services in `initial` states. The descriptors of a new
  /// project are listed by the caller (stored()).
  static Result<StateFile> create_at(const os::Fd& directory, const std::string& name,
                                     const ProjectSpec& project,
                                     std::span<const ServiceState> initial);

  static Result<StateFile> open_at(const os::Fd& directory, const std::string& name);

  /// By an inherited descriptor.
  static Result<StateFile> map(os::Fd fd);

  [[nodiscard]] StateHeader& header() const noexcept { return *view_.header; }
  [[nodiscard]] Result<ProjectSpec> project() const;
  [[nodiscard]] std::uint32_t count() const noexcept { return view_.header->record_count; }

  [[nodiscard]] DirectorRecord record(std::uint32_t index) const;
  void set_record(std::uint32_t index, const DirectorRecord& record);

  [[nodiscard]] ChildSlot& slot(std::uint32_t index) const noexcept { return view_.slots[index]; }

  /// The report of `run`, if the keeper has made it.
  [[nodiscard]] bool has_report(std::uint32_t index, std::uint32_t run) const noexcept;
  [[nodiscard]] const ExitReport& report(std::uint32_t index) const noexcept {
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
