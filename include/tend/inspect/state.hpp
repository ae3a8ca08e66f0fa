#pragma once
// What a process or thread is doing, as the scheduler sees it (proc(5), /proc/PID/stat).

#include <cstdint>
#include <string_view>

namespace tend::inspect {

/// The letters are those of `ps`.
enum class State : std::uint8_t {
  unknown,          ///< A letter that a newer kernel may have added.
  running,          ///< R
  sleeping,         ///< S: interruptible.
  uninterruptible,  ///< D
  stopped,          ///< T
  traced,           ///< t
  zombie,           ///< Z
  dead,             ///< X
  parked,           ///< P: kernel threads only.
  idle,             ///< I: kernel threads only.
};

/// From the kernel's letter.
[[nodiscard]] State state_of(char letter);

/// The kernel's letter; `?` for unknown.
[[nodiscard]] char letter_of(State state);

/// One word: "sleeping".
[[nodiscard]] std::string_view name_of(State state);

/// A sentence without the full stop: "waits for an event; a signal wakes it".
[[nodiscard]] std::string_view meaning_of(State state);

}  // namespace tend::inspect
