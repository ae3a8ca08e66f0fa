#include "service/recorder/mover.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/try.hpp"
#include "os/files.hpp"
#include "service/keeper/state_view.hpp"

namespace tend::service {

namespace {

constexpr std::size_t portion_bytes = std::size_t{1} << 20U;

std::string note_of(std::uint64_t bytes, int code) {
  return "tend: " + std::to_string(bytes) +
         " bytes of output are missing here: " + std::generic_category().message(code);
}

}  // namespace

Mover::Mover(const ProjectSpec& project, os::Pipe staging, RecorderPart& owner,
             std::span<std::uint64_t> dropped)
    : project_(project),
      files_(project),
      staging_(std::move(staging)),
      owner_(owner),
      dropped_(dropped) {
  // Without /dev/null nothing can be dropped without copying it: policy `drop` then blocks.
  if (auto null = os::open_file("/dev/null", O_WRONLY); null) {
    null_ = *std::move(null);
  }
}

Result<> Mover::recover() {
  files_.recover();
  if (load_shared(owner_.staging_record) >= project_.services.size()) {
    staged_ = 0;  // No byte has ever been staged.
    return {};
  }
  return settle();
}

bool Mover::may_drop(std::uint32_t record) const {
  return project_.services[record].log.policy == LogPolicy::drop && null_.is_open();
}

Result<os::Moved> Mover::move(const os::Fd& pipe, std::uint32_t record, std::uint32_t run) {
  if (const auto gap = gaps_.find(record); gap != gaps_.end()) {
    return drop(pipe, record, gap->second.code);
  }
  if (is_stuck()) {
    return may_drop(record) ? drop(pipe, record, stuck_errno_)
                            : failed("write", project_.services[record].name, stuck_errno_);
  }
  auto file = files_.ready(record);
  if (!file && may_drop(record)) {
    return drop(pipe, record, file.error().code);
  }
  return move_to(*TEND_TRY(std::move(file)), pipe, run, record);
}

Result<os::Moved> Mover::move_to(LogFile& file, const os::Fd& pipe, std::uint32_t run,
                                 std::uint32_t record) {
  // Whose bytes they are is known before the first one is staged.
  set_owner(record, run);
  const std::size_t room = std::min(file.room(), portion_bytes);
  const os::Moved moved = TEND_TRY(os::splice_pipe(pipe, staging_.write, room));
  if (moved.bytes == 0) {
    return moved;
  }
  staged_ = moved.bytes;
  const auto flushed = flush(file, run, os::realtime_now());
  if (!flushed && may_drop(record)) {
    count_dropped(record, 0, flushed.error().code);
    const os::Moved lost = TEND_TRY(os::splice_pipe(staging_.read, null_, staged_));
    count_dropped(record, lost.bytes, flushed.error().code);
    staged_ = 0;
    return moved;
  }
  if (!flushed) {
    stuck_errno_ = flushed.error().code;
    return std::unexpected(flushed.error());
  }
  return moved;
}

Result<> Mover::flush(LogFile& file, std::uint32_t run, os::WallTime now) {
  bool has_rotated = false;
  while (staged_ > 0) {
    const auto moved = file.append_from(staging_.read, std::min(staged_, portion_bytes), run, now);
    if (!moved && moved.error().code == EFBIG && !has_rotated) {
      // RLIMIT_FSIZE was lowered under us, or the filesystem has a limit: a new file has room.
      has_rotated = true;
      TEND_TRY(file.rotate_early(files_.directory()));
      continue;
    }
    const std::size_t bytes = TEND_TRY(moved);
    has_rotated = false;
    staged_ = bytes == 0 ? 0 : staged_ - bytes;
  }
  return {};
}

Result<> Mover::settle() {
  if (!is_stuck()) {
    return {};
  }
  const std::uint32_t record = owner_.staging_record;
  const auto file = files_.ready(record);
  const auto settled = file ? flush(**file, owner_.staging_run, os::realtime_now())
                            : Result<>(std::unexpected(file.error()));
  if (!settled && may_drop(record)) {
    const os::Moved lost = TEND_TRY(os::splice_pipe(staging_.read, null_, portion_bytes));
    count_dropped(record, lost.bytes, settled.error().code);
    staged_ = 0;
    return {};
  }
  stuck_errno_ = settled ? 0 : settled.error().code;
  return settled;
}

Result<os::Moved> Mover::drop(const os::Fd& pipe, std::uint32_t record, int code) {
  const os::Moved lost = TEND_TRY(os::splice_pipe(pipe, null_, portion_bytes));
  if (!lost.is_end) {
    count_dropped(record, lost.bytes, code);
  }
  return lost;
}

void Mover::count_dropped(std::uint32_t record, std::size_t bytes, int code) {
  Gap& gap = gaps_[record];
  gap.bytes += bytes;
  gap.code = code;
  store_shared(dropped_[record], dropped_[record] + bytes);
}

int Mover::dropping_errno() const noexcept {
  return gaps_.empty() ? 0 : gaps_.begin()->second.code;
}

void Mover::stop_dropping() {
  if (is_stuck()) {
    return;
  }
  std::erase_if(gaps_, [this](const auto& entry) {
    const auto& [record, gap] = entry;
    const auto file = files_.ready(record);
    return file && (gap.bytes == 0 ||
                    (*file)->append_note(note_of(gap.bytes, gap.code), os::realtime_now()));
  });
}

void Mover::set_owner(std::uint32_t record, std::uint32_t run) noexcept {
  store_shared(owner_.staging_record, record);
  store_shared(owner_.staging_run, run);
}

}  // namespace tend::service
