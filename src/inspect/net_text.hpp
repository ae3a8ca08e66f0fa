#pragma once
// The lines of /proc/PID/net/tcp and its kin as sockets (proc(5)). Pure. The kernel writes
// addresses as words in the byte order of the machine; tend knows little-endian ones only.

#include <tend/inspect/descriptor.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tend::inspect {

/// A line of tcp, tcp6, udp, udp6, udplite, raw and the like. Nothing: the heading, or not of that
/// form.
[[nodiscard]] std::optional<Socket> parse_inet_socket(std::string_view line, SocketFamily family,
                                                      SocketType type);

/// A line of unix.
[[nodiscard]] std::optional<Socket> parse_unix_socket(std::string_view line);

/// A line of netlink or packet: the last word is the inode number.
[[nodiscard]] std::optional<Socket> parse_other_socket(std::string_view line, SocketFamily family);

/// RFC 5952: `::1`, `2001:db8::1`, `::ffff:10.0.0.1`.
[[nodiscard]] std::string ipv6_text(const std::array<std::uint8_t, 16>& bytes);

}  // namespace tend::inspect
