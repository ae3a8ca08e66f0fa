#pragma once
// The links in /proc/PID/fd and the texts in /proc/PID/fdinfo as values (proc(5)). Pure.

#include <tend/inspect/descriptor.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tend::inspect {

/// Where a descriptor leads. A path says nothing about what lies there: then the kind is unknown.
struct LinkTarget {
  DescriptorKind kind = DescriptorKind::unknown;
  std::string text{};
  bool is_deleted = false;
  std::uint64_t inode = 0;  ///< Of a pipe, socket or namespace.

  bool operator==(const LinkTarget&) const = default;
};

[[nodiscard]] LinkTarget parse_link_target(std::string_view link);

/// The type of file that stat(2) tells.
[[nodiscard]] DescriptorKind kind_of_mode(std::uint32_t mode, std::uint32_t device_major);

/// Sets what fdinfo tells: flags, position and the details of this kind.
void add_fdinfo(std::string_view text, Descriptor& descriptor);

/// The most targets of an epoll descriptor that are kept.
inline constexpr std::size_t epoll_targets_max = 100'000;

}  // namespace tend::inspect
