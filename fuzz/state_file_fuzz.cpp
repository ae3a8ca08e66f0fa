// Whatever lies where a state file should: a refusal in words, or a file of which every part can be
// read and written without leaving it, and whose records keep what is written into them. All who
// map the file (keeper, director, recorder, `tend status`) look through these.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include "service/leader.hpp"
#include "service/state_file.hpp"
#include "target.hpp"

namespace {

using namespace tend::service;
using tend::fuzz::require;

constexpr std::uint32_t records_max = 64;  // Of a file that claims millions, a few are looked at.

std::optional<tend::os::Fd> file_with(std::string_view bytes) {
  tend::os::Fd file(::memfd_create("state", MFD_CLOEXEC));
  const bool is_whole = ::write(file.get(), bytes.data(), bytes.size()) == std::ssize(bytes);
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

void tend::fuzz::try_input(std::string_view input) {
  auto file = file_with(input);
  if (!file) {
    return;
  }
  auto state = StateFile::map(*std::move(file));
  if (!state) {
    require(!state.error().step.empty());
    return;
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
    require(project->services.size() <= input.size());
  }
}
