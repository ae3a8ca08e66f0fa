// The part of unix_socket.hpp that sends and receives messages with their ancillary data.

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "os/unix_socket.hpp"

namespace tend::os {

namespace {

constexpr std::size_t descriptors_room = CMSG_SPACE(sizeof(int) * descriptors_per_message_max);
constexpr std::size_t control_room = descriptors_room + CMSG_SPACE(sizeof(ucred));

int flag_of(Blocking blocking) { return blocking == Blocking::yes ? 0 : MSG_DONTWAIT; }

std::string subject(const Fd& socket) { return "descriptor " + std::to_string(socket.get()); }

void attach(msghdr& message, std::span<const Fd* const> descriptors, std::span<char> control) {
  const std::size_t bytes = sizeof(int) * descriptors.size();
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(bytes);
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(bytes);
  for (std::size_t index = 0; index < descriptors.size(); ++index) {
    const int number = descriptors[index]->get();
    std::memcpy(CMSG_DATA(head) + index * sizeof number, &number, sizeof number);
  }
}

void collect(msghdr& message, Received& received) {
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET) {
      continue;
    }
    if (head->cmsg_type == SCM_RIGHTS) {
      const std::size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t index = 0; index < count; ++index) {
        int number = -1;
        std::memcpy(&number, CMSG_DATA(head) + index * sizeof number, sizeof number);
        received.descriptors.emplace_back(number);
      }
    } else if (head->cmsg_type == SCM_CREDENTIALS) {
      ucred sender{};
      std::memcpy(&sender, CMSG_DATA(head), sizeof sender);
      received.sender = Credentials{.pid = sender.pid, .uid = sender.uid, .gid = sender.gid};
    }
  }
}

}  // namespace

Result<std::size_t> send_message(const Fd& socket, std::string_view bytes,
                                 std::span<const Fd* const> descriptors, Blocking blocking) {
  if (descriptors.size() > descriptors_per_message_max) {
    return refused("send", subject(socket), "more than 253 descriptors in one message");
  }
  iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, descriptors_room> control{};
  if (!descriptors.empty()) {
    attach(message, descriptors, control);
  }
  while (true) {
    const ssize_t sent = ::sendmsg(socket.get(), &message, MSG_NOSIGNAL | flag_of(blocking));
    if (sent >= 0) {
      return static_cast<std::size_t>(sent);
    }
    if (errno != EINTR) {
      return failed("send", subject(socket), errno);
    }
  }
}

Result<std::optional<Received>> receive_message(const Fd& socket, std::size_t bytes_max,
                                                Blocking blocking) {
  Received received;
  received.bytes.resize(bytes_max);
  iovec part{.iov_base = received.bytes.data(), .iov_len = bytes_max};
  msghdr message{};
  alignas(cmsghdr) std::array<char, control_room> control{};
  ssize_t got = -1;
  do {
    message = msghdr{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    got = ::recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC | flag_of(blocking));
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN) {
    return std::nullopt;
  }
  if (got < 0) {
    return failed("receive", subject(socket), errno);
  }
  collect(message, received);
  // In both cases `received` closes what had come.
  if ((message.msg_flags & MSG_TRUNC) != 0) {
    return failed("receive", subject(socket), EMSGSIZE);
  }
  if ((message.msg_flags & MSG_CTRUNC) != 0) {  // `control` has room for all that can come.
    return failed("receive", subject(socket), EMFILE);
  }
  received.bytes.resize(static_cast<std::size_t>(got));
  received.is_end = got == 0 && received.descriptors.empty();
  return received;
}

}  // namespace tend::os
