#pragma once
// A descriptor of a process: what it is, where it leads, and what the kernel tells about it
// (/proc/PID/fd, /proc/PID/fdinfo, /proc/PID/net).

#include <tend/signal.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tend::inspect {

/// What a descriptor leads to, by its link in /proc/PID/fd (proc(5)).
enum class DescriptorKind : std::uint8_t {
  unknown,
  file,
  directory,
  character_device,
  block_device,
  terminal,
  pipe,
  fifo,  ///< A pipe with a name in the file system.
  socket,
  memfd,
  eventfd,
  epoll,
  timerfd,
  signalfd,
  inotify,
  fanotify,
  pidfd,
  name_space,  ///< An open namespace, `net:[4026531840]`.
  io_uring,
  other,  ///< Another object of the kernel without a file; its name is the target.
};

/// In one word or two, for people and for JSON.
[[nodiscard]] std::string_view name_of(DescriptorKind kind);

/// In which /proc/net file it is listed (socket(2)).
enum class SocketFamily : std::uint8_t { unknown, ipv4, ipv6, unix_domain, netlink, packet };

/// The protocol of an internet socket, the kind of another one.
enum class SocketType : std::uint8_t {
  unknown,
  tcp,
  udp,
  udplite,
  raw,
  stream,
  datagram,
  seqpacket
};

/// As the kernel numbers them (include/net/tcp_states.h); of TCP, and partly of the others.
enum class SocketState : std::uint8_t {
  unknown,
  established,
  syn_sent,
  syn_received,
  fin_wait_1,
  fin_wait_2,
  time_wait,
  closed,
  close_wait,
  last_ack,
  listening,
  closing,
  new_syn_received,
  unconnected,  ///< Of unix sockets.
  connecting,   ///< Of unix sockets.
};

/// For people and for JSON: `ipv4`, `tcp`, `syn sent`.
[[nodiscard]] std::string_view name_of(SocketFamily family);
[[nodiscard]] std::string_view name_of(SocketType type);
[[nodiscard]] std::string_view name_of(SocketState state);

/// An internet address and port. IPv6 in the form of RFC 5952, without brackets.
struct Endpoint {
  std::string address{};
  std::uint16_t port = 0;

  /// `127.0.0.1:80`, `[::1]:80`; `*` for the address of all and for port 0.
  [[nodiscard]] std::string text() const;

  bool operator==(const Endpoint&) const = default;
};

/// What /proc/net says of a socket. Without an entry there (another family) only the inode is
/// known.
struct Socket {
  SocketFamily family = SocketFamily::unknown;
  SocketType type = SocketType::unknown;
  SocketState state = SocketState::unknown;
  Endpoint local{};
  Endpoint remote{};
  std::string path{};                     ///< Of a unix socket; `@name` if abstract. Any bytes.
  std::uint64_t send_queue_bytes = 0;     ///< Of a listening one: none.
  std::uint64_t receive_queue_bytes = 0;  ///< Of a listening one: connections not accepted yet.
  std::uint64_t inode = 0;

  /// Of a unix socket in our network namespace: the one that it sends to. 0: none, or not known.
  std::uint64_t peer_inode = 0;

  bool operator==(const Socket&) const = default;
};

/// Of an eventfd (eventfd(2)).
struct EventCounter {
  std::uint64_t count = 0;  ///< What the next read gives; 0: it waits.
  bool operator==(const EventCounter&) const = default;
};

/// One entry of an epoll set.
struct EpollTarget {
  std::int32_t descriptor = -1;  ///< The number it was added by; it may mean another file by now.
  std::uint32_t events = 0;      ///< EPOLL* bits.
  bool operator==(const EpollTarget&) const = default;
};

/// What an epoll descriptor waits for (epoll(7)).
struct EpollSet {
  std::vector<EpollTarget> targets{};
  bool operator==(const EpollSet&) const = default;
};

/// Of a timerfd (timerfd_create(2)).
struct Timer {
  std::int32_t clock = 0;                ///< CLOCK_*: 0 wall time, 1 monotonic, 7 boot time.
  std::uint64_t expirations = 0;         ///< That nobody has read yet.
  std::chrono::nanoseconds remaining{};  ///< 0: disarmed.
  std::chrono::nanoseconds interval{};   ///< 0: it expires once.
  bool operator==(const Timer&) const = default;
};

/// Of a signalfd (signalfd(2)).
struct SignalReader {
  SignalSet signals{};  ///< Those that it takes.
  bool operator==(const SignalReader&) const = default;
};

/// Of inotify and fanotify (inotify(7)).
struct Watches {
  std::size_t count = 0;  ///< How many files and directories are watched.
  bool operator==(const Watches&) const = default;
};

/// The process that a pidfd holds.
struct HeldProcess {
  std::int32_t pid =
      0;  ///< As /proc numbers it. 0: in a namespace that we do not see. -1: it has ended.
  bool operator==(const HeldProcess&) const = default;
};

/// What is special about the kind; std::monostate where there is nothing, or it is not permitted.
using DescriptorDetail = std::variant<std::monostate, Socket, EventCounter, EpollSet, Timer,
                                      SignalReader, Watches, HeldProcess>;

/// One descriptor of a process.
struct Descriptor {
  std::int32_t number = -1;
  DescriptorKind kind = DescriptorKind::unknown;
  std::string target{};     ///< As the kernel shows it: a path, `pipe:[7]`. Any bytes.
  bool is_deleted = false;  ///< The file has no name any more (` (deleted)` is not in the target).
  bool can_read = false;
  bool can_write = false;
  bool is_close_on_exec = false;
  bool is_nonblocking = false;
  bool is_append = false;
  std::uint64_t position = 0;  ///< In a file, in bytes.
  std::uint64_t device = 0;    ///< st_dev and st_ino name what it leads to; 0 if not known.
  std::uint64_t inode = 0;
  DescriptorDetail detail{};

  bool operator==(const Descriptor&) const = default;
};

/// All descriptors of a process.
struct Descriptors {
  std::vector<Descriptor> open{};  ///< By number.
  bool is_cut = false;             ///< There were more than `descriptors_max`.

  /// None of this number: nullptr. It points into `open`.
  [[nodiscard]] const Descriptor* find(std::int32_t number) const;
  bool operator==(const Descriptors&) const = default;
};

/// More than any process has in practice (fs.nr_open is 1,048,576 by default).
inline constexpr std::size_t descriptors_max = 2'000'000;

}  // namespace tend::inspect
