#pragma once
// Why a signal was refused, in words (kill(2), "permissions"). Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tend::process {

/// The ids that count when one process signals another.
struct UserIds {
  std::uint32_t real = 0;
  std::uint32_t effective = 0;
  std::uint32_t saved = 0;

  bool operator==(const UserIds&) const = default;
};

/// From the line `Uid:` of /proc/PID/status.
[[nodiscard]] std::optional<UserIds> parse_user_ids(std::string_view status);

/// The kernel's rule: our real or effective id is the other's real or saved one.
[[nodiscard]] bool may_signal(const UserIds& ours, const UserIds& theirs);

/// One sentence for EPERM; what is not known is left out.
[[nodiscard]] std::string explain_refusal(std::optional<UserIds> ours,
                                          std::optional<UserIds> theirs);

}  // namespace tend::process
