#include "os/unix_peers.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <vector>

#include "base/try.hpp"
#include "os/fd.hpp"

namespace tend::os {

namespace {

using Peers = std::unordered_map<std::uint64_t, std::uint64_t>;

constexpr std::size_t answer_bytes_max = 64UL * 1024;  // The kernel sends at most half of it.
constexpr int answers_max = 1'000'000;

std::unexpected<Error> cannot(int code) { return failed("list", "unix sockets", code); }

/// The structure at the front of these bytes; nothing if they are too few.
template <typename T>
std::optional<T> front_of(std::string_view bytes) {
  T value{};
  if (bytes.size() < sizeof value) {
    return std::nullopt;
  }
  bytes.copy(reinterpret_cast<char*>(&value), sizeof value);
  return value;
}

/// Drops a part of this length, and the gap up to the next multiple of four (netlink(7)).
void drop_part(std::string_view& bytes, std::size_t length) {
  bytes.remove_prefix(std::min((length + 3) / 4 * 4, bytes.size()));
}

std::optional<std::uint32_t> peer_in(std::string_view attributes) {
  while (const auto head = front_of<rtattr>(attributes)) {
    if (head->rta_len < sizeof *head || head->rta_len > attributes.size()) {
      return std::nullopt;
    }
    if (head->rta_type == UNIX_DIAG_PEER) {
      return front_of<std::uint32_t>(attributes.substr(sizeof *head));
    }
    drop_part(attributes, head->rta_len);
  }
  return std::nullopt;
}

void take_socket(std::string_view body, Peers& peers) {
  const auto socket = front_of<unix_diag_msg>(body);
  const auto peer = socket ? peer_in(body.substr(sizeof *socket)) : std::nullopt;
  if (peer && *peer != 0) {
    peers.insert_or_assign(socket->udiag_ino, *peer);
  }
}

/// One datagram of the answer, which has several messages. Whether it was the last.
Result<bool> take_answer(std::string_view answer, Peers& peers) {
  while (const auto head = front_of<nlmsghdr>(answer)) {
    if (head->nlmsg_len < sizeof *head || head->nlmsg_len > answer.size()) {
      return cannot(EBADMSG);
    }
    const std::string_view body = answer.substr(sizeof *head, head->nlmsg_len - sizeof *head);
    if (head->nlmsg_type == NLMSG_DONE) {
      return true;
    }
    if (head->nlmsg_type == NLMSG_ERROR) {
      const auto error = front_of<nlmsgerr>(body);
      return cannot(error ? -error->error : EBADMSG);
    }
    if (head->nlmsg_type == SOCK_DIAG_BY_FAMILY) {
      take_socket(body, peers);
    }
    drop_part(answer, head->nlmsg_len);
  }
  return false;
}

Result<> ask(const Fd& netlink) {
  struct {
    nlmsghdr head{};
    unix_diag_req wish{};
  } request;
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.wish.sdiag_family = AF_UNIX;
  request.wish.udiag_states = ~0U;
  request.wish.udiag_show = UDIAG_SHOW_PEER;
  return ::send(netlink.get(), &request, sizeof request, 0) < 0 ? cannot(errno) : Result<>();
}

}  // namespace

Result<Peers> unix_peers() {
  const Fd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!netlink) {
    return cannot(errno);
  }
  TEND_TRY(ask(netlink));
  Peers peers;
  std::vector<char> buffer(answer_bytes_max);
  for (int answers = 0; answers < answers_max; ++answers) {
    const ssize_t count = ::recv(netlink.get(), buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return cannot(errno);
    }
    if (TEND_TRY(take_answer({buffer.data(), static_cast<std::size_t>(count)}, peers))) {
      break;
    }
  }
  return peers;
}

}  // namespace tend::os
