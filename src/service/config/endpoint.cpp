#include "service/config/endpoint.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/number.hpp"
#include "base/text.hpp"

namespace tend::service::config {

namespace {

bool is_ipv4(std::string_view host) {
  const auto parts = text::split(host, '.');
  return parts.size() == 4 && std::ranges::all_of(parts, [](std::string_view part) {
           const bool is_short = part.size() == 1 || (part.size() <= 3 && !part.starts_with('0'));
           return is_short && parse_integer<std::uint8_t>(part).has_value();
         });
}

/// How many 16-bit groups the colon-separated text has; absent when one of them is wrong. An IPv4
/// address at the very end counts as two.
std::optional<std::size_t> count_groups(std::string_view text, bool may_end_in_ipv4) {
  if (text.empty()) {
    return 0;
  }
  const auto parts = text::split(text, ':');
  std::size_t count = 0;
  for (const std::string_view& part : parts) {
    const bool is_last = &part == &parts.back();
    if (is_last && may_end_in_ipv4 && is_ipv4(part)) {
      count += 2;
    } else if (!part.empty() && part.size() <= 4 && parse_integer<std::uint16_t>(part, 16)) {
      ++count;
    } else {
      return std::nullopt;
    }
  }
  return count;
}

/// RFC 4291, 2.2: eight groups, or fewer around one `::`. No zone.
bool is_ipv6(std::string_view host) {
  const std::size_t gap = host.find("::");
  if (gap == std::string_view::npos) {
    return count_groups(host, true) == 8U;
  }
  const auto before = count_groups(host.substr(0, gap), false);
  const auto after = count_groups(host.substr(gap + 2), true);
  return before && after && *before + *after <= 7;
}

std::expected<std::string, std::string> parse_host(std::string_view host, bool in_brackets) {
  if (in_brackets) {
    if (is_ipv6(host)) {
      return std::string(host);
    }
    return std::unexpected(text::format("{} is no IPv6 address", text::quoted(host)));
  }
  if (host == "localhost") {
    return "127.0.0.1";
  }
  if (is_ipv4(host)) {
    return std::string(host);
  }
  if (is_ipv6(host)) {
    return std::unexpected(text::format("an IPv6 address stands in brackets: [{}]", host));
  }
  if (host.empty()) {
    return std::unexpected("the host is missing");
  }
  return std::unexpected(text::format(
      "{} is neither an IP address nor localhost; names are not looked up", text::quoted(host)));
}

std::expected<std::uint16_t, std::string> parse_port(std::string_view text) {
  const auto port = parse_integer<std::uint16_t>(text);
  if (!port || *port == 0) {
    return std::unexpected(text::format("{} is no port from 1 to 65535", text::quoted(text)));
  }
  return *port;
}

/// HOST[:PORT]; without a port the given one, 0 meaning that it is required.
std::expected<Endpoint, std::string> parse_authority(std::string_view text, std::uint16_t port) {
  Endpoint endpoint{.port = port, .authority = std::string(text)};
  const bool in_brackets = text.starts_with('[');
  const std::size_t closing = in_brackets ? text.find(']') : 0;
  if (closing == std::string_view::npos) {
    return std::unexpected("the bracket is never closed");
  }
  // Without brackets the last colon: a bare IPv6 address is then told from a host with a port.
  const std::size_t colon = in_brackets ? text.find(':', closing) : text.rfind(':');
  const bool has_port = colon != std::string_view::npos;
  const std::size_t host_end = in_brackets ? closing : std::min(colon, text.size());
  if (in_brackets && std::min(colon, text.size()) != closing + 1) {
    return std::unexpected("text behind the bracket");
  }
  if (!in_brackets && is_ipv6(text)) {
    return std::unexpected(text::format("an IPv6 address stands in brackets: [{}]", text));
  }
  auto host =
      parse_host(text.substr(in_brackets ? 1 : 0, host_end - (in_brackets ? 1 : 0)), in_brackets);
  if (!host) {
    return std::unexpected(std::move(host).error());
  }
  endpoint.host = *std::move(host);
  if (has_port) {
    const auto given = parse_port(text.substr(colon + 1));
    if (!given) {
      return std::unexpected(given.error());
    }
    endpoint.port = *given;
  }
  if (endpoint.port == 0) {
    return std::unexpected("the port is missing");
  }
  return endpoint;
}

}  // namespace

std::expected<Endpoint, std::string> parse_tcp_endpoint(std::string_view text) {
  return parse_authority(text, 0);
}

std::expected<Endpoint, std::string> parse_http_endpoint(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  if (text.starts_with("https://")) {
    return std::unexpected("https is not spoken; ask with exec = [\"curl\", ...]");
  }
  if (!text.starts_with(scheme)) {
    return std::unexpected("it must begin with http://");
  }
  text.remove_prefix(scheme.size());
  const std::size_t authority_end = std::min(text.find_first_of("/?#"), text.size());
  const std::string_view authority = text.substr(0, authority_end);
  const std::string_view path = text.substr(authority_end);
  if (authority.contains('@')) {
    return std::unexpected("a user name in the address is not possible");
  }
  const bool is_plain =
      std::ranges::all_of(path, [](char letter) { return letter > ' ' && letter < 0x7f; });
  if (!is_plain || path.contains('#')) {
    return std::unexpected("the path has a letter that must be written as %XX");
  }
  auto endpoint = parse_authority(authority, 80);
  if (endpoint) {
    endpoint->path = path.starts_with('/') ? std::string(path) : "/" + std::string(path);
  }
  return endpoint;
}

}  // namespace tend::service::config
