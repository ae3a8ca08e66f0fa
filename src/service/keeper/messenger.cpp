#include "service/keeper/messenger.hpp"

#include <errno.h>

#include "os/raw/calls.hpp"

namespace tend::service::keeper {

namespace raw = os::raw;

namespace {

union ControlBuffer {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int))];
};

}  // namespace

long send_message(int socket, const Message& message, int fd) noexcept {
  Message copy = message;
  iovec part{.iov_base = &copy, .iov_len = sizeof copy};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ControlBuffer control{};
  if (fd >= 0) {
    header.msg_control = control.bytes;
    header.msg_controllen = sizeof control.bytes;
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fd);
    __builtin_memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  }
  long result = 0;
  do {
    result = raw::sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (result == -EINTR);
  return result < 0 ? result : 0;
}

Received receive_message(int socket) noexcept {
  Received received{};
  iovec part{.iov_base = &received.message, .iov_len = sizeof received.message};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ControlBuffer control{};
  header.msg_control = control.bytes;
  header.msg_controllen = sizeof control.bytes;
  do {
    received.result = raw::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (received.result == -EINTR);
  if (received.result <= 0) {
    return received;
  }
  for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
    if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_RIGHTS &&
        item->cmsg_len == CMSG_LEN(sizeof(int))) {
      __builtin_memcpy(&received.fd, CMSG_DATA(item), sizeof received.fd);
    }
  }
  if (received.result != static_cast<long>(sizeof(Message))) {
    received.message = {};  // Not one of ours: it means nothing, but its descriptor is still ours.
  }
  return received;
}

}  // namespace tend::service::keeper
