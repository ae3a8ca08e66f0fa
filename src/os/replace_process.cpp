#include "os/replace_process.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/try.hpp"
#include "os/files.hpp"
#include "os/procfs.hpp"
#include "os/raw/kernel.hpp"
#include "os/raw/syscall.hpp"
#include "os/signals.hpp"
#include "os/spawn.hpp"
#include "os/spawn_plan.hpp"

namespace tend::os {

namespace {

/// What every signal does, as the kernel has it: libc hides 32 and 33, and its restorer.
class SavedDispositions {
 public:
  SavedDispositions() {
    for (int number = 1; number <= raw::signal_count; ++number) {
      raw::syscall(__NR_rt_sigaction, number, nullptr, &at(number), sizeof at(number).mask);
    }
  }
  ~SavedDispositions() {
    for (int number = 1; number <= raw::signal_count; ++number) {
      if (number != raw::signal_kill && number != raw::signal_stop) {
        raw::syscall(__NR_rt_sigaction, number, &at(number), nullptr, sizeof at(number).mask);
      }
    }
  }
  SavedDispositions(const SavedDispositions&) = delete;
  SavedDispositions& operator=(const SavedDispositions&) = delete;

 private:
  raw::KernelSigaction& at(int number) { return saved_[static_cast<std::size_t>(number) - 1]; }

  std::array<raw::KernelSigaction, raw::signal_count> saved_{};
};

class SavedMask {
 public:
  SavedMask() : before_(block_all_signals()) {}
  ~SavedMask() { set_signal_mask(before_); }
  SavedMask(const SavedMask&) = delete;
  SavedMask& operator=(const SavedMask&) = delete;

 private:
  SignalSet before_;
};

/// Working directory and umask, where they are to change.
class SavedPlace {
 public:
  static Result<SavedPlace> save(const SpawnOptions& options) {
    SavedPlace place;
    if (!options.directory.empty() || !options.root.empty()) {
      place.directory_ = TEND_TRY(open_file(".", O_PATH | O_DIRECTORY));
    }
    if (options.umask) {
      place.umask_ = ::umask(*options.umask);  // The only way to ask is to set it.
    }
    return place;
  }
  SavedPlace(SavedPlace&& other) noexcept
      : directory_(std::move(other.directory_)), umask_(std::exchange(other.umask_, {})) {}
  SavedPlace& operator=(SavedPlace&&) = delete;
  SavedPlace(const SavedPlace&) = delete;
  SavedPlace& operator=(const SavedPlace&) = delete;
  ~SavedPlace() {
    if (directory_) {
      static_cast<void>(::fchdir(directory_.get()));
    }
    if (umask_) {
      ::umask(*umask_);
    }
  }

 private:
  SavedPlace() = default;

  Fd directory_{};
  std::optional<mode_t> umask_{};
};

/// The descriptors that the child's plan overwrites or marks: copies of the targets, and the flags
/// of all. Nothing is closed that another thread may have opened meanwhile.
class SavedDescriptors {
 public:
  static Result<SavedDescriptors> save(const SpawnOptions& options) {
    SavedDescriptors saved;
    const Fd folder = TEND_TRY(open_directory("/proc/self/fd"));
    for (const std::string& name : TEND_TRY(list_directory(folder, numbers_max))) {
      int number = -1;
      std::from_chars(name.data(), name.data() + name.size(), number);
      const int flags = ::fcntl(number, F_GETFD);
      if (flags >= 0 && number != folder.get()) {
        saved.flags_.emplace(number, flags);
      }
    }
    int lowest = 3;  // Beyond all targets, so that no copy is overwritten itself.
    for (const DescriptorWish& wish : options.descriptors) {
      lowest = std::max(lowest, wish.target + 1);
    }
    for (const DescriptorWish& wish : options.descriptors) {
      TEND_TRY(saved.copy(wish.target, lowest));
    }
    return saved;
  }
  SavedDescriptors(SavedDescriptors&& other) noexcept
      : flags_(std::exchange(other.flags_, {})), targets_(std::exchange(other.targets_, {})) {}
  SavedDescriptors& operator=(SavedDescriptors&&) = delete;
  SavedDescriptors(const SavedDescriptors&) = delete;
  SavedDescriptors& operator=(const SavedDescriptors&) = delete;
  ~SavedDescriptors() {
    for (const auto& [target, copy] : targets_) {
      if (copy) {
        ::dup3(copy.get(), target, O_CLOEXEC);
      } else {
        ::close(target);  // It was not open before.
      }
    }
    for (const auto& [number, flags] : flags_) {
      ::fcntl(number, F_SETFD, flags);
    }
  }

 private:
  static constexpr std::size_t numbers_max = 1U << 20U;

  SavedDescriptors() = default;

  Result<> copy(int target, int lowest) {
    if (!flags_.contains(target)) {
      targets_.emplace(target, Fd());
      return {};
    }
    const int number = ::fcntl(target, F_DUPFD_CLOEXEC, lowest);
    if (number < 0) {
      return failed("descriptor", std::to_string(target), errno);
    }
    targets_.emplace(target, Fd(number));
    return {};
  }

  std::map<int, int> flags_{};
  std::map<int, Fd> targets_{};
};

Result<> enter(const SpawnOptions& options) {
  SpawnPlan plan = TEND_TRY(SpawnPlan::make(options));
  raw::ChildInput input = plan.input();
  raw::ChildSlot slot;
  input.slot = &slot;
  input.expected_parent = parent_pid();
  input.cgroup_fd = options.cgroup == nullptr ? -1 : options.cgroup->get();
  {
    const auto descriptors = TEND_TRY(SavedDescriptors::save(options));
    const auto place = TEND_TRY(SavedPlace::save(options));
    const SavedMask mask;
    const SavedDispositions dispositions;
    raw::prepare_and_execute(input);
    plan.close_copies();
  }
  return std::unexpected(failure_in(slot, options).value_or(Error{.step = "exec"}));
}

}  // namespace

Error replace_process(const SpawnOptions& options) { return enter(options).error(); }

}  // namespace tend::os
