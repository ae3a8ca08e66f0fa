#pragma once
// What bounds the running of a child to its end: the part of a Command that counts after the start.

#include <tend/command.hpp>
#include <tend/deadline.hpp>

#include <chrono>
#include <cstddef>
#include <optional>

#include "os/clock.hpp"

namespace tend::process {

struct RunLimits {
  std::optional<Deadline> deadline{};
  os::Instant started{};  ///< When the deadline began to run.
  std::size_t output_limit_bytes = 0;
  OverLimit over_limit = OverLimit::cut;
  std::chrono::nanoseconds linger{};

  [[nodiscard]] std::optional<os::Instant> deadline_at() const {
    return deadline ? std::optional(started + deadline->after()) : std::nullopt;
  }
};

[[nodiscard]] inline RunLimits limits_of(const Command::Wishes& wishes, os::Instant started) {
  return {.deadline = wishes.deadline,
          .started = started,
          .output_limit_bytes = wishes.output_limit_bytes,
          .over_limit = wishes.over_limit,
          .linger = wishes.linger};
}

}  // namespace tend::process
