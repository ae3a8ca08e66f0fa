#pragma once
// When and where a log file is rotated, decided from sizes and the place of its last newline. Pure.
//
// A file is filled up to max_size, then rotated behind its last line; the begun line moves to the
// next file. A file without a newline in its second half is filled on, in the hope of one, up to
// hard_size, and then cut amid the line.

#include <cstddef>
#include <cstdint>
#include <optional>

namespace tend::service {

struct RotationLimits {
  std::uint64_t max_size = 0;
  std::uint64_t hard_size = 0;
};

/// The limits for a log of this size where no file may grow beyond `file_size_limit`.
[[nodiscard]] RotationLimits limits_of(std::uint64_t max_size,
                                       std::uint64_t file_size_limit) noexcept;

/// How many bytes a file of this size may take before the next look at rotation; 0: look now.
[[nodiscard]] std::size_t room_in(std::uint64_t size, const RotationLimits& limits) noexcept;

/// Newlines before this offset do not count: a file is not rotated half empty.
[[nodiscard]] std::uint64_t search_begin(const RotationLimits& limits) noexcept;

struct Rotation {
  std::uint64_t at = 0;  ///< The old file keeps what lies before.
  bool is_cut = false;   ///< It ends amid a line.

  bool operator==(const Rotation&) const = default;
};

/// Whether to rotate a file of this size, whose last line ends before `line_end` (absent: there is
/// no newline from search_begin() on).
[[nodiscard]] std::optional<Rotation> plan_rotation(std::uint64_t size,
                                                    std::optional<std::uint64_t> line_end,
                                                    const RotationLimits& limits) noexcept;

/// What to do about a rotation that somebody began and did not finish: NAME.log.new exists.
enum class Recovery : std::uint8_t {
  finish,   ///< The old file has lost its tail to the new one: do the renames that are left.
  discard,  ///< The old file is whole: remove the new one, and rotate again some time.
};

/// `last_byte` of the old file; absent: it is empty or already renamed.
[[nodiscard]] Recovery plan_recovery(std::optional<char> last_byte) noexcept;

}  // namespace tend::service
