#include "service/recorder/rotation_plan.hpp"

#include <algorithm>

namespace tend::service {

namespace {

constexpr std::uint64_t wait_for_newline_bytes = 8ULL * 1024 * 1024;
constexpr std::uint64_t step_bytes = 64ULL * 1024;
constexpr std::uint64_t room_max_bytes = 1024ULL * 1024;

}  // namespace

RotationLimits limits_of(std::uint64_t max_size, std::uint64_t file_size_limit) noexcept {
  RotationLimits limits;
  limits.max_size = std::max<std::uint64_t>(1, std::min(max_size, file_size_limit / 2));
  // max_size may be as good as unlimited: no overflow.
  limits.hard_size = limits.max_size > UINT64_MAX - wait_for_newline_bytes
                         ? UINT64_MAX
                         : limits.max_size + wait_for_newline_bytes;
  limits.hard_size = std::max(limits.max_size, std::min(limits.hard_size, file_size_limit));
  return limits;
}

std::size_t room_in(std::uint64_t size, const RotationLimits& limits) noexcept {
  if (size < limits.max_size) {
    return static_cast<std::size_t>(std::min(limits.max_size - size, room_max_bytes));
  }
  if (size < limits.hard_size) {
    return static_cast<std::size_t>(std::min(limits.hard_size - size, step_bytes));
  }
  return 0;
}

std::uint64_t search_begin(const RotationLimits& limits) noexcept { return limits.max_size / 2; }

std::optional<Rotation> plan_rotation(std::uint64_t size, std::optional<std::uint64_t> line_end,
                                      const RotationLimits& limits) noexcept {
  if (size < limits.max_size) {
    return std::nullopt;
  }
  if (line_end && *line_end > 0 && *line_end <= size) {
    return Rotation{.at = *line_end};
  }
  if (size >= limits.hard_size) {
    return Rotation{.at = size, .is_cut = true};
  }
  return std::nullopt;
}

Recovery plan_recovery(std::optional<char> last_byte) noexcept {
  return !last_byte || *last_byte == '\n' ? Recovery::finish : Recovery::discard;
}

}  // namespace tend::service
