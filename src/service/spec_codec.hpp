#pragma once
// A ProjectSpec as bytes and back: how the specs lie in the state file. Length-prefixed fields, no
// text format, so the director and the recorder parse no config. Decoding trusts nothing: a torn or
// foreign file is an error, never a crash.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "service/service_spec.hpp"

namespace tend::service {

/// All texts of all services together, each counted as often as it occurs: decode() refuses more.
inline constexpr std::size_t spec_text_bytes_max = std::size_t{256} << 20U;

[[nodiscard]] std::vector<std::byte> encode(const ProjectSpec& project);

/// Errors: step "read specs" with the name of the field at which the bytes stopped making sense.
[[nodiscard]] Result<ProjectSpec> decode(std::span<const std::byte> bytes);

/// FNV-1a of the bytes: tells whether two projects are the same.
[[nodiscard]] std::uint64_t digest(std::span<const std::byte> bytes) noexcept;

}  // namespace tend::service
