#include "cli/process/named_lock.hpp"

#include <fcntl.h>
#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/file_at.hpp"
#include "os/files.hpp"
#include "os/inotify.hpp"
#include "os/poll.hpp"

namespace tend::cli {

namespace {

constexpr std::size_t holder_bytes_max = 4096;
// The kernel tells that a file is closed just before it unlocks it.
constexpr std::chrono::milliseconds until_unlocked{10};
// Where nobody tells us anything (no inotify left for this user).
constexpr std::chrono::milliseconds look_again{500};

std::string file_name(const std::string& name, unsigned slot) {
  return text::format("{}.{}", name, slot);
}

}  // namespace

Result<NamedLock> NamedLock::open(const std::string& folder, const std::string& name,
                                  unsigned slots) {
  const os::Fd directory = TEND_TRY(os::open_directory(folder));
  NamedLock lock(folder, name);
  for (unsigned slot = 1; slot <= slots; ++slot) {
    lock.files_.push_back(
        TEND_TRY(os::open_at(directory, file_name(name, slot), O_RDWR | O_CREAT)));
  }
  return lock;
}

Result<bool> NamedLock::try_take(std::string_view holder) {
  for (std::size_t slot = 0; slot < files_.size(); ++slot) {
    if (!TEND_TRY(os::try_lock(files_[slot], name_))) {
      continue;
    }
    taken_ = slot;
    TEND_TRY(os::truncate_file(files_[slot], 0));
    TEND_TRY(os::write_at(files_[slot], holder.substr(0, holder_bytes_max), 0));
    return true;
  }
  return false;
}

Result<bool> NamedLock::take(std::string_view holder, std::optional<os::Instant> deadline) {
  if (TEND_TRY(try_take(holder))) {
    return true;
  }
  if (deadline == os::Instant{}) {
    return false;
  }
  // A holder's end closes its file. Nobody who waits opens or closes one meanwhile, so that waiting
  // wakes nobody.
  const os::Fd closings = os::make_inotify().value_or(os::Fd());
  if (closings) {
    static_cast<void>(os::watch_path(closings, folder_, IN_CLOSE_WRITE | IN_CLOSE_NOWRITE));
  }
  bool is_told = false;
  while (!TEND_TRY(try_take(holder))) {
    const os::Instant now = os::monotonic_now();
    if (deadline && now >= *deadline) {
      return false;
    }
    std::array entries = {os::PollEntry{.fd = &closings}};
    const os::Instant soon = now + (is_told ? until_unlocked : look_again);
    is_told = TEND_TRY(os::poll_any(entries, std::min(deadline.value_or(soon), soon)));
    if (is_told) {
      static_cast<void>(TEND_TRY(os::read_file_events(closings)));
    }
  }
  return true;
}

std::vector<std::string> NamedLock::holders() const {
  std::vector<std::string> holders;
  for (const os::Fd& file : files_) {
    std::string text(holder_bytes_max, '\0');
    text.resize(os::read_at(file, text, 0).value_or(0));
    if (!text.empty()) {
      holders.push_back(std::move(text));
    }
  }
  return holders;
}

}  // namespace tend::cli
