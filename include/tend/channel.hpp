#pragma once
// Channel: messages between two processes of this machine. A message is bytes and descriptors
// together; it arrives whole and in order, or not at all (SOCK_SEQPACKET, unix(7)).
//
//   auto [ours, theirs] = *tend::Channel::make_pair();
//   auto child = command.descriptor(3, theirs.fd().get()).spawn();
//   theirs = {};                                   // else its end is never noticed
//   ours.send("look at this", {log_file});
//
// and in the child: `auto channel = tend::Channel::from_descriptor(3);`
//
// Any thread may send while another one receives, and several may send; one receives at a time.

#include <tend/error.hpp>
#include <tend/fd.hpp>
#include <tend/until.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tend {

/// A process, as the kernel vouches for it.
struct Credentials {
  std::int32_t pid = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;

  bool operator==(const Credentials&) const = default;
};

/// What was sent at once.
struct Message {
  std::string bytes{};            ///< Can be empty.
  std::vector<Fd> descriptors{};  ///< Ours now, and close-on-exec.
  Credentials sender{};           ///< Who sent it, told by the kernel.
};

/// For Channel::make_pair().
struct ChannelOptions {
  /// How long a message may be; 0: what the kernel gives, mostly 208 KiB. See message_bytes_max().
  std::size_t message_bytes = 0;
};

/// One end of a channel.
class Channel {
 public:
  /// At most so many descriptors travel in one message (SCM_MAX_FD, unix(7)).
  static constexpr std::size_t descriptors_max = 253;

  /// Longer messages than this are not accepted by receive(), unless it is asked to.
  static constexpr std::size_t receive_bytes_max = std::size_t{16} << 20;

  /// Closed: for moving into.
  Channel() = default;

  /// Two ends that belong together. Errors: EMFILE, ENFILE.
  static Result<std::pair<Channel, Channel>> make_pair(ChannelOptions options = {});

  /// Takes over a descriptor that this process was born with, and makes it close-on-exec. Anything
  /// but one end of a channel is refused and left open.
  static Result<Channel> from_descriptor(int number);

  /// Sends one message; waits while the other end has too many unread ones. The descriptors stay
  /// ours; the receiver gets copies.
  ///
  /// Errors: EPIPE, the other end is closed. ETIMEDOUT. EMSGSIZE, more bytes than
  /// message_bytes_max(). E2BIG, more than descriptors_max descriptors. ETOOMANYREFS, more
  /// descriptors of this user are on their way than RLIMIT_NOFILE allows. None of them leaves a
  /// part of a message behind. That a message was sent does not mean that it will be read.
  Result<> send(std::string_view bytes,
                const std::vector<std::reference_wrapper<const Fd>>& descriptors = {},
                Until until = {});

  /// The next message; nothing: the other end is closed, and everything it sent has been read.
  ///
  /// Errors: ETIMEDOUT. EMSGSIZE, the message was longer than `bytes_max`; it is gone. EMFILE, it
  /// came with more descriptors than this process can open; it is gone, and they are closed.
  Result<std::optional<Message>> receive(Until until = {},
                                         std::size_t bytes_max = receive_bytes_max);

  /// How long a message can be that this end sends: found out from the kernel, which may have
  /// granted less than was asked for (socket(7), wmem_max).
  [[nodiscard]] Result<std::size_t> message_bytes_max() const;

  /// Who made the channel, for both ends of a pair. For who sent something see Message::sender.
  [[nodiscard]] Result<Credentials> peer() const;

  /// For Command::descriptor() and for event loops: readable when a message or the end is there.
  [[nodiscard]] const Fd& fd() const { return fd_; }

 private:
  explicit Channel(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_{};
};

}  // namespace tend
