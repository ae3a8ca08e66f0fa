#pragma once
// Addresses that a probe connects to: `127.0.0.1:6379`, `[::1]:80`, `http://localhost:8080/health`.
// Hosts are IP addresses or localhost: the director never waits for a name server.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tend::service::config {

struct Endpoint {
  std::string host{};  ///< An IP address.
  std::uint16_t port = 0;
  std::string authority{};  ///< As it was written; the Host header of http.
  std::string path{};       ///< http only, with its query.

  bool operator==(const Endpoint&) const = default;
};

/// HOST:PORT, or in words what is wrong with it.
[[nodiscard]] std::expected<Endpoint, std::string> parse_tcp_endpoint(std::string_view text);

/// http://HOST[:PORT][/PATH][?QUERY], or in words what is wrong with it.
[[nodiscard]] std::expected<Endpoint, std::string> parse_http_endpoint(std::string_view text);

}  // namespace tend::service::config
