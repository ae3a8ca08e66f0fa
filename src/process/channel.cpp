#include <tend/channel.hpp>

#include <array>
#include <cerrno>
#include <string>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/packet_socket.hpp"
#include "os/poll.hpp"
#include "os/unix_socket.hpp"
#include "process/end_of_wait.hpp"

namespace tend {

namespace {

Error channel_error(const char* step, int code, std::string detail = {}) {
  return {.step = step, .subject = "channel", .code = code, .detail = std::move(detail)};
}

Result<> wait_ready(const Fd& fd, const char* step, bool for_writing,
                    std::optional<os::Instant> end) {
  os::PollEntry entry{.fd = &fd, .for_writing = for_writing};
  if (!TEND_TRY(os::poll_any(std::span(&entry, 1), end))) {
    return std::unexpected(channel_error(step, ETIMEDOUT));
  }
  return {};
}

/// What the kernel's refusal of a message means.
Error refusal(const Fd& fd, const Error& error, std::size_t bytes) {
  switch (error.code) {
    case EPIPE:
    case ECONNRESET: return channel_error("send", EPIPE, "the other end is closed");
    case EMSGSIZE:
      return channel_error("send", EMSGSIZE,
                           text::format("{} bytes in one message, at most {} fit", bytes,
                                        os::packet_bytes_max(fd).value_or(0)));
    case ETOOMANYREFS:
      return channel_error("send", ETOOMANYREFS,
                           "more descriptors of this user are on their way, unread, than its limit "
                           "of open files (RLIMIT_NOFILE)");
    default: return channel_error("send", error.code, error.detail);
  }
}

/// Takes the message off that nobody wants, with its descriptors.
Error drop_message(const Fd& fd, std::size_t bytes, std::size_t bytes_max) {
  static_cast<void>(os::receive_message(fd, 0, os::Blocking::no));
  return channel_error(
      "receive", EMSGSIZE,
      text::format("a message of {} bytes where at most {} are accepted; it was dropped", bytes,
                   bytes_max));
}

Result<> prepare(const Fd& fd, const ChannelOptions& options) {
  // Also what tells an empty message from the end: only a message has a sender.
  TEND_TRY(os::receive_credentials(fd));
  if (options.message_bytes > TEND_TRY(os::packet_bytes_max(fd))) {
    TEND_TRY(os::set_packet_bytes_max(fd, options.message_bytes));
  }
  return {};
}

}  // namespace

Result<std::pair<Channel, Channel>> Channel::make_pair(ChannelOptions options) {
  auto [one, other] = TEND_TRY(os::packet_pair());
  TEND_TRY(prepare(one, options));
  TEND_TRY(prepare(other, options));
  return std::pair(Channel(std::move(one)), Channel(std::move(other)));
}

Result<Channel> Channel::from_descriptor(int number) {
  if (auto wrong = os::why_no_packet_socket(number)) {
    return std::unexpected(*std::move(wrong));
  }
  Fd fd(number);
  TEND_TRY(os::set_inheritable(fd, os::Inheritable::no));
  TEND_TRY(prepare(fd, {}));
  return Channel(std::move(fd));
}

Result<> Channel::send(std::string_view bytes,
                       const std::vector<std::reference_wrapper<const Fd>>& descriptors,
                       Until until) {
  if (!fd_) {
    return std::unexpected(channel_error("send", EBADF));
  }
  if (descriptors.size() > descriptors_max) {
    return std::unexpected(
        channel_error("send", E2BIG,
                      text::format("{} descriptors in one message, at most {} fit",
                                   descriptors.size(), descriptors_max)));
  }
  std::vector<const Fd*> attached;
  for (const Fd& descriptor : descriptors) {
    attached.push_back(&descriptor);
  }
  const auto end = process::end_of_wait(until);
  while (true) {
    const auto sent = os::send_message(fd_, bytes, attached, os::Blocking::no);
    if (sent) {
      return {};
    }
    if (sent.error().code != EAGAIN) {
      return std::unexpected(refusal(fd_, sent.error(), bytes.size()));
    }
    TEND_TRY(wait_ready(fd_, "send", true, end));
  }
}

Result<std::optional<Message>> Channel::receive(Until until, std::size_t bytes_max) {
  if (!fd_) {
    return std::unexpected(channel_error("receive", EBADF));
  }
  const auto end = process::end_of_wait(until);
  std::optional<std::size_t> bytes;
  while (!(bytes = TEND_TRY(os::next_packet_bytes(fd_)))) {
    TEND_TRY(wait_ready(fd_, "receive", false, end));
  }
  if (*bytes > bytes_max) {
    return std::unexpected(drop_message(fd_, *bytes, bytes_max));
  }
  auto received = TEND_TRY(os::receive_message(fd_, *bytes, os::Blocking::no));
  if (!received || (received->bytes.empty() && !received->sender)) {
    return std::nullopt;
  }
  const os::Credentials sender = received->sender.value_or(os::Credentials{});
  return Message{.bytes = std::move(received->bytes),
                 .descriptors = std::move(received->descriptors),
                 .sender = {.pid = sender.pid, .uid = sender.uid, .gid = sender.gid}};
}

Result<std::size_t> Channel::message_bytes_max() const { return os::packet_bytes_max(fd_); }

Result<Credentials> Channel::peer() const {
  const os::Credentials peer = TEND_TRY(os::peer_of(fd_));
  return Credentials{.pid = peer.pid, .uid = peer.uid, .gid = peer.gid};
}

}  // namespace tend
