#include "inspect/net_text.hpp"

#include <algorithm>
#include <span>

#include "base/number.hpp"
#include "base/scan.hpp"
#include "base/text.hpp"

namespace tend::inspect {

namespace {

std::string ipv4_text(std::span<const std::uint8_t> bytes) {
  return text::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]);
}

/// Words of 8 hexadecimal digits, each the memory of 4 bytes read as a little-endian number.
template <std::size_t Count>
std::optional<std::array<std::uint8_t, Count>> bytes_in(std::string_view hex) {
  std::array<std::uint8_t, Count> bytes{};
  if (hex.size() != Count * 2) {
    return std::nullopt;
  }
  for (std::size_t at = 0; at < Count; at += 4) {
    const auto word = parse_integer<std::uint32_t>(hex.substr(at * 2, 8), 16);
    if (!word) {
      return std::nullopt;
    }
    for (std::size_t byte = 0; byte < 4; ++byte) {
      bytes[at + byte] = static_cast<std::uint8_t>(*word >> (8 * byte));
    }
  }
  return bytes;
}

/// `0100007F:0016`
std::optional<Endpoint> endpoint_in(std::string_view word, SocketFamily family) {
  const std::string_view address = next_part(word, ':');
  const auto port = parse_integer<std::uint16_t>(word, 16);
  if (!port) {
    return std::nullopt;
  }
  if (family == SocketFamily::ipv6) {
    const auto bytes = bytes_in<16>(address);
    return bytes ? std::optional(Endpoint{.address = ipv6_text(*bytes), .port = *port})
                 : std::nullopt;
  }
  const auto bytes = bytes_in<4>(address);
  return bytes ? std::optional(Endpoint{.address = ipv4_text(*bytes), .port = *port})
               : std::nullopt;
}

SocketState tcp_state(std::uint32_t number) {
  constexpr std::array states{
      SocketState::unknown,         SocketState::established, SocketState::syn_sent,
      SocketState::syn_received,    SocketState::fin_wait_1,  SocketState::fin_wait_2,
      SocketState::time_wait,       SocketState::closed,      SocketState::close_wait,
      SocketState::last_ack,        SocketState::listening,   SocketState::closing,
      SocketState::new_syn_received};
  return number < states.size() ? states[number] : SocketState::unknown;
}

/// SS_* of the kernel; a listening one is unconnected with a flag.
SocketState unix_state(std::uint32_t number, std::uint32_t flags) {
  constexpr std::uint32_t accepts = 1U << 16U;  // __SO_ACCEPTCON
  if ((flags & accepts) != 0) {
    return SocketState::listening;
  }
  switch (number) {
    case 1: return SocketState::unconnected;
    case 2: return SocketState::connecting;
    case 3: return SocketState::established;
    case 4: return SocketState::closing;
    default: return SocketState::unknown;
  }
}

SocketType unix_type(std::uint32_t number) {
  switch (number) {
    case 1: return SocketType::stream;
    case 2: return SocketType::datagram;
    case 5: return SocketType::seqpacket;
    default: return SocketType::unknown;
  }
}

/// The longest run of at least two zero groups, the first of equals: begin and end.
std::pair<std::size_t, std::size_t> zero_run(const std::array<std::uint16_t, 8>& groups) {
  std::pair<std::size_t, std::size_t> longest{0, 0};
  for (std::size_t begin = 0; begin < groups.size();) {
    std::size_t end = begin;
    while (end < groups.size() && groups[end] == 0) {
      ++end;
    }
    if (end - begin >= 2 && end - begin > longest.second - longest.first) {
      longest = {begin, end};
    }
    begin = std::max(end, begin + 1);
  }
  return longest;
}

}  // namespace

std::string ipv6_text(const std::array<std::uint8_t, 16>& bytes) {
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(mapped.begin(), mapped.end(), bytes.begin())) {
    return "::ffff:" + ipv4_text(std::span(bytes).subspan(12));
  }
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t at = 0; at < groups.size(); ++at) {
    groups[at] = static_cast<std::uint16_t>(bytes[2 * at] << 8U | bytes[2 * at + 1]);
  }
  const auto [run_begin, run_end] = zero_run(groups);
  std::string made;
  for (std::size_t at = 0; at < groups.size(); ++at) {
    if (at == run_begin && run_end > run_begin) {
      made += "::";
      at = run_end - 1;
      continue;
    }
    made += (made.empty() || made.ends_with(':') ? "" : ":") + text::format("{:x}", groups[at]);
  }
  return made;
}

std::optional<Socket> parse_inet_socket(std::string_view line, SocketFamily family,
                                        SocketType type) {
  //  0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345
  next_word(line);
  const auto local = endpoint_in(next_word(line), family);
  const auto remote = endpoint_in(next_word(line), family);
  const auto state = parse_integer<std::uint32_t>(next_word(line), 16);
  std::string_view queues = next_word(line);
  for (int skipped = 0; skipped < 4; ++skipped) {
    next_word(line);  // Timer, retransmits, user, timeout.
  }
  const auto inode = parse_integer<std::uint64_t>(next_word(line));
  if (!local || !remote || !state || !inode) {
    return std::nullopt;
  }
  const std::string_view sending = next_part(queues, ':');
  return Socket{.family = family,
                .type = type,
                .state = tcp_state(*state),
                .local = *local,
                .remote = *remote,
                .send_queue_bytes = parse_integer<std::uint64_t>(sending, 16).value_or(0),
                .receive_queue_bytes = parse_integer<std::uint64_t>(queues, 16).value_or(0),
                .inode = *inode};
}

std::optional<Socket> parse_unix_socket(std::string_view line) {
  // 0000000000000000: 00000002 00000000 00010000 0001 01 12345 /run/socket
  next_word(line, " ");
  next_word(line, " ");
  next_word(line, " ");
  const auto flags = parse_integer<std::uint32_t>(next_word(line, " "), 16);
  const auto type = parse_integer<std::uint32_t>(next_word(line, " "), 16);
  const auto state = parse_integer<std::uint32_t>(next_word(line, " "), 16);
  const auto inode = parse_integer<std::uint64_t>(next_word(line, " "));
  if (!flags || !type || !state || !inode) {
    return std::nullopt;
  }
  // One space, then the path, which may begin with spaces of its own.
  line.remove_prefix(line.empty() ? 0 : 1);
  return Socket{.family = SocketFamily::unix_domain,
                .type = unix_type(*type),
                .state = unix_state(*state, *flags),
                .path = std::string(line),
                .inode = *inode};
}

std::optional<Socket> parse_other_socket(std::string_view line, SocketFamily family) {
  std::string_view last;
  for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
    last = word;
  }
  const auto inode = parse_integer<std::uint64_t>(last);
  if (!inode) {
    return std::nullopt;
  }
  return Socket{.family = family,
                .type = family == SocketFamily::netlink ? SocketType::raw : SocketType::unknown,
                .inode = *inode};
}

}  // namespace tend::inspect
