#pragma once
// What went wrong, as a value: the step that failed, on what, and why. It prints as one line that a
// user can act on. Fallible functions return `Result<T>`; nothing in tend throws across a boundary.

#include <expected>
#include <string>

namespace tend {

/// One failure. `step` says what was being done ("exec", "chdir", "open"), `subject` on what,
/// `code` is the errno value (0 when the kernel was not the one who refused) and `detail` says in
/// words what errno cannot. `context` names the larger undertaking ("spawn web").
struct [[nodiscard]] Error {
  std::string step{};
  std::string subject{};
  int code = 0;
  std::string detail{};
  std::string context{};

  /// The whole as one line: `spawn web: exec /srv/web: No such file or directory`.
  [[nodiscard]] std::string message() const;

  /// The same error, told as part of a larger undertaking. Contexts nest from the outside in.
  [[nodiscard]] Error within(std::string larger) &&;

  bool operator==(const Error&) const = default;
};

template <typename T = void>
using Result = std::expected<T, Error>;

/// An error that the kernel gave: step, subject and errno.
[[nodiscard]] std::unexpected<Error> failed(std::string step, std::string subject, int code);

/// An error of our own, in words.
[[nodiscard]] std::unexpected<Error> refused(std::string step, std::string subject,
                                             std::string detail);

}  // namespace tend
