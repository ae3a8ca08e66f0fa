// Whatever lies where a state file should: a refusal in words, or a file of which every part can be
// read and written without leaving it, and whose records keep what is written into them. All who
// map the file (keeper, director, recorder, `tend status`) look through these.

#include <unistd.h>

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "service/leader.hpp"
#include "service/state_file.hpp"

namespace {

using namespace tend::service;

constexpr std::uint32_t records_max = 64;  // Of a file that claims millions, a few are looked at.

void require(bool claim) {
  if (!claim) {
    std::abort();
  }
}

std::optional<tend::os::Fd> file_with(const std::uint8_t* data, std::size_t size) {
  tend::os::Fd file(::memfd_create("state", MFD_CLOEXEC));
  const bool is_whole = ::write(file.get(), data, size) == static_cast<ssize_t>(size);
  return is_whole ? std::optional(std::move(file)) : std::nullopt;
}

void look_at(StateFile& state, std::uint32_t index) {
  const DirectorRecord record = state.record(index);
  static_cast<void>(state.is_damaged(index));
  static_cast<void>(state.has_report(index, record.state.run));
  static_cast<void>(state.log_bytes_dropped(index));
  const KnownLeader leader = leader_in(state, index);
  require(leader.run == record.state.run);
  state.set_acknowledged(index, record.state.run);
  require(state.acknowledged(index) == record.state.run);
  // What is written is what is read, whatever the sequence and the digests were.
  state.set_record(index, record);
  require(!state.is_damaged(index) && state.record(index).state == record.state);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto file = file_with(data, size);
  if (!file) {
    return 0;
  }
  auto state = StateFile::map(*std::move(file));
  if (!state) {
    require(!state.error().step.empty());
    return 0;
  }
  static_cast<void>(state->is_of_this_boot());
  static_cast<void>(state->stored_fd(StoredKind::log_pipe, 0, 1));
  for (const Stored& stored :
       state->stored().first(std::min<std::size_t>(state->stored().size(), records_max))) {
    static_cast<void>(stored.kind);
  }
  for (std::uint32_t index = 0; index < std::min(state->count(), records_max); ++index) {
    look_at(*state, index);
  }
  if (const auto project = state->project()) {
    require(project->services.size() <= size);
  }
  return 0;
}
