// The names of kinds of descriptors and sockets; see descriptor.hpp.

#include <tend/inspect/descriptor.hpp>

#include <algorithm>

namespace tend::inspect {

std::string_view name_of(DescriptorKind kind) {
  switch (kind) {
    case DescriptorKind::unknown: return "unknown";
    case DescriptorKind::file: return "file";
    case DescriptorKind::directory: return "directory";
    case DescriptorKind::character_device: return "character device";
    case DescriptorKind::block_device: return "block device";
    case DescriptorKind::terminal: return "terminal";
    case DescriptorKind::pipe: return "pipe";
    case DescriptorKind::fifo: return "fifo";
    case DescriptorKind::socket: return "socket";
    case DescriptorKind::memfd: return "memfd";
    case DescriptorKind::eventfd: return "eventfd";
    case DescriptorKind::epoll: return "epoll";
    case DescriptorKind::timerfd: return "timerfd";
    case DescriptorKind::signalfd: return "signalfd";
    case DescriptorKind::inotify: return "inotify";
    case DescriptorKind::fanotify: return "fanotify";
    case DescriptorKind::pidfd: return "pidfd";
    case DescriptorKind::name_space: return "namespace";
    case DescriptorKind::io_uring: return "io_uring";
    case DescriptorKind::other: return "other";
  }
  return "";
}

std::string_view name_of(SocketFamily family) {
  switch (family) {
    case SocketFamily::unknown: return "unknown";
    case SocketFamily::ipv4: return "ipv4";
    case SocketFamily::ipv6: return "ipv6";
    case SocketFamily::unix_domain: return "unix";
    case SocketFamily::netlink: return "netlink";
    case SocketFamily::packet: return "packet";
  }
  return "";
}

std::string_view name_of(SocketType type) {
  switch (type) {
    case SocketType::unknown: return "unknown";
    case SocketType::tcp: return "tcp";
    case SocketType::udp: return "udp";
    case SocketType::udplite: return "udplite";
    case SocketType::raw: return "raw";
    case SocketType::stream: return "stream";
    case SocketType::datagram: return "datagram";
    case SocketType::seqpacket: return "seqpacket";
  }
  return "";
}

std::string_view name_of(SocketState state) {
  switch (state) {
    case SocketState::unknown: return "unknown";
    case SocketState::established: return "established";
    case SocketState::syn_sent: return "syn sent";
    case SocketState::syn_received: return "syn received";
    case SocketState::fin_wait_1: return "fin wait 1";
    case SocketState::fin_wait_2: return "fin wait 2";
    case SocketState::time_wait: return "time wait";
    case SocketState::closed: return "closed";
    case SocketState::close_wait: return "close wait";
    case SocketState::last_ack: return "last ack";
    case SocketState::listening: return "listening";
    case SocketState::closing: return "closing";
    case SocketState::new_syn_received: return "new syn received";
    case SocketState::unconnected: return "unconnected";
    case SocketState::connecting: return "connecting";
  }
  return "";
}

std::string Endpoint::text() const {
  const bool is_any = address.empty() || address == "0.0.0.0" || address == "::";
  std::string made = is_any ? "*" : address;
  if (!is_any && address.contains(':')) {
    made = '[' + address + ']';
  }
  return made + ':' + (port == 0 ? "*" : std::to_string(port));
}

const Descriptor* Descriptors::find(std::int32_t number) const {
  const auto at = std::ranges::lower_bound(open, number, {}, &Descriptor::number);
  return at == open.end() || at->number != number ? nullptr : &*at;
}

}  // namespace tend::inspect
