#include "service/state_file.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "base/try.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"
#include "os/machine.hpp"
#include "os/procfs.hpp"
#include "service/spec_codec.hpp"

namespace tend::service {

namespace {

constexpr std::uint64_t aligned(std::uint64_t offset) { return (offset + 63) & ~std::uint64_t{63}; }

/// Each service may hold a notify socket, a readiness pipe and the logs of a few lingering runs.
constexpr std::uint32_t stored_per_service = 4;
constexpr std::uint32_t stored_of_project = 32;

/// Places the parts one behind the other and says where each begins.
StateHeader plan_layout(std::uint32_t count, std::uint64_t specs_bytes) {
  StateHeader header{};
  std::copy(std::begin(state_magic), std::end(state_magic), std::begin(header.magic));
  header.version = state_version;
  header.record_count = count;
  header.record_stride = sizeof(Record);
  header.stored_count = stored_of_project + stored_per_service * count;
  header.specs_bytes = specs_bytes;
  std::uint64_t end = aligned(sizeof(StateHeader));
  const auto place = [&end](std::uint64_t bytes) {
    return std::exchange(end, aligned(end + bytes));
  };
  header.specs_offset = place(specs_bytes);
  header.records_offset = place(count * sizeof(Record));
  header.slots_offset = place(count * sizeof(ChildSlot));
  header.reports_offset = place(count * sizeof(ExitReport));
  header.acknowledged_offset = place(count * sizeof(std::uint32_t));
  header.dropped_offset = place(count * sizeof(std::uint64_t));
  header.stored_offset = place(header.stored_count * sizeof(Stored));
  header.total_bytes = end;
  return header;
}

/// FNV-1a by words: written at every change, and nothing but damage has to be noticed.
std::uint64_t digest_of(const DirectorRecord& copy) {
  static_assert(sizeof copy % sizeof(std::uint64_t) == 0);
  const auto bytes = std::as_bytes(std::span(&copy, 1));
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    hash = (hash ^ word) * 0x100000001b3;
  }
  return hash;
}

bool is_good(const Record& record, std::uint64_t which) {
  return record.digests[which] == digest_of(record.copies[which]);
}

std::string version_words(std::span<const std::byte> bytes) {
  StateHeader header{};
  std::memcpy(static_cast<void*>(&header), bytes.data(), sizeof header);
  return "it was written by " +
         std::string(header.version > state_version ? "a newer" : "an older") +
         " version of tend (format " + std::to_string(header.version) + "; this one reads " +
         std::to_string(state_version) + ")";
}

const char* words(StateFault fault) {
  switch (fault) {
    case StateFault::none: return "";
    case StateFault::too_short: return "it is too short to be a state file";
    case StateFault::not_ours: return "it is not a state file of tend";
    case StateFault::other_version: return "it was written by another version of tend";
    case StateFault::torn: return "it is torn: a part lies outside the file";
  }
  return "";
}

}  // namespace

Result<StateFile> StateFile::create_at(const os::Fd& directory, const std::string& name,
                                       const ProjectSpec& project,
                                       std::span<const ServiceState> initial) {
  const std::vector<std::byte> specs = encode(project);
  StateHeader header =
      plan_layout(static_cast<std::uint32_t>(project.services.size()), specs.size());
  header.specs_digest = digest(specs);
  header.mark_token = static_cast<std::uint32_t>(os::random_bits());
  header.created_realtime_ns =
      static_cast<std::uint64_t>(os::realtime_now().time_since_epoch().count());
  header.starter_pid = os::own_pid();
  header.is_pid_one = os::own_pid() == 1 ? 1 : 0;
  const std::string boot = os::read_boot_id().value_or("");
  std::copy_n(boot.begin(), std::min(boot.size(), boot_id_bytes - 1), header.boot_id);

  // Under another name until it is whole: who looks for it finds all of it or nothing. A part that
  // is there already was left by one who was killed at this point.
  const std::string part = name + ".part";
  static_cast<void>(os::remove_file_at(directory, part));
  os::MappedFile file = TEND_TRY(os::MappedFile::create_at(directory, part, header.total_bytes));
  std::byte* base = file.bytes().data();
  std::ranges::copy(specs, base + header.specs_offset);
  for (std::size_t i = 0; i < initial.size() && i < header.record_count; ++i) {
    Record record{};
    record.copies[0].state = initial[i];
    std::byte* place = base + header.records_offset + i * sizeof(Record);
    std::memcpy(place, &record, sizeof record);
    auto* placed = reinterpret_cast<Record*>(place);
    placed->digests[0] = digest_of(placed->copies[0]);
  }
  auto* stored = reinterpret_cast<Stored*>(base + header.stored_offset);
  std::uninitialized_fill_n(stored, header.stored_count, Stored{});
  std::memcpy(base, &header, sizeof header);
  TEND_TRY(os::rename_at(directory, part, name));
  return attach(std::move(file));
}

Result<StateFile> StateFile::open_at(const os::Fd& directory, const std::string& name) {
  return attach(TEND_TRY(os::MappedFile::open_at(directory, name)));
}

Result<StateFile> StateFile::map(os::Fd fd) {
  return attach(TEND_TRY(os::MappedFile::map(std::move(fd))));
}

Result<StateFile> StateFile::attach(os::MappedFile file) {
  StateFile state;
  state.file_ = std::move(file);
  const auto bytes = state.file_.bytes();
  const StateFault fault = look_into(bytes.data(), bytes.size(), state.view_);
  if (fault == StateFault::other_version) {
    return refused("read", "state file", version_words(bytes));
  }
  if (fault != StateFault::none) {
    return refused("read", "state file", words(fault));
  }
  if (state.view_.header->record_stride != sizeof(Record)) {
    return refused("read", "state file", words(StateFault::other_version));
  }
  return state;
}

StateFault StateFile::fault_at(const os::Fd& directory, const std::string& name) {
  const auto file = os::MappedFile::open_at(directory, name);
  if (!file) {
    return StateFault::too_short;  // An empty file cannot even be mapped.
  }
  StateView view{};
  return look_into(file->bytes().data(), file->bytes().size(), view);
}

Result<ProjectSpec> StateFile::project() const {
  const std::span<const std::byte> specs(view_.specs, view_.header->specs_bytes);
  if (digest(specs) != view_.header->specs_digest) {
    return refused("read", "state file", "the part that describes the services is damaged");
  }
  return decode(specs);
}

Record& StateFile::raw_record(std::uint32_t index) const noexcept {
  return reinterpret_cast<Record*>(view_.records)[index];
}

DirectorRecord StateFile::record(std::uint32_t index) const {
  const Record& record = raw_record(index);
  const std::uint64_t last = load_shared(record.sequence) % 2;
  for (const std::uint64_t which : {last, 1 - last}) {
    if (is_good(record, which)) {
      return record.copies[which];
    }
  }
  return {};
}

bool StateFile::is_damaged(std::uint32_t index) const {
  const Record& record = raw_record(index);
  return !is_good(record, load_shared(record.sequence) % 2);
}

void StateFile::set_record(std::uint32_t index, const DirectorRecord& record) {
  Record& shared = raw_record(index);
  const std::uint64_t next = shared.sequence + 1;
  shared.copies[next % 2] = record;
  shared.digests[next % 2] = digest_of(shared.copies[next % 2]);
  store_shared(shared.sequence, next);
}

bool StateFile::has_report(std::uint32_t index, std::uint32_t run) const noexcept {
  return run != 0 && load_shared(view_.reports[index].run) == run;
}

std::uint32_t StateFile::acknowledged(std::uint32_t index) const noexcept {
  return load_shared(view_.acknowledged[index]);
}

void StateFile::set_acknowledged(std::uint32_t index, std::uint32_t run) {
  store_shared(view_.acknowledged[index], run);
}

int StateFile::stored_fd(StoredKind kind, std::uint32_t record, std::uint32_t run) const noexcept {
  for (const Stored& entry : stored()) {
    if (load_shared(entry.kind) == kind && entry.record == record && entry.run == run) {
      return entry.fd;
    }
  }
  return -1;
}

bool StateFile::is_of_this_boot() const {
  return os::read_boot_id().value_or("") == view_.header->boot_id;
}

}  // namespace tend::service
