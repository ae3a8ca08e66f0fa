#include "service/director/notify_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/machine.hpp"
#include "os/socket_name.hpp"

namespace tend::service {

namespace {

// So much of the project's name that the random part always has its place.
constexpr std::size_t project_bytes_max = 40;
constexpr int names_tried_max = 4;

std::string fresh_address(const std::string& project, const std::string& service) {
  std::string address = text::format("@tend/{}/{:016x}/{}", project.substr(0, project_bytes_max),
                                     os::random_bits(), service);
  address.resize(std::min(address.size(), os::socket_path_bytes_max));
  return address;
}

/// The datagram was taken from the socket, and was not one that could be used.
bool is_spoilt(const Error& error) { return error.code == EMSGSIZE || error.code == EMFILE; }

std::optional<Notification> notification_of(os::Received received) {
  // pid 0: a sender outside of our pid namespace; nobody whom we know.
  if (!received.sender || received.sender->pid <= 0) {
    return std::nullopt;
  }
  Notification made{.message = parse_notify(received.bytes), .sender = *received.sender};
  if (made.message.barrier && received.descriptors.size() == 1) {
    made.barrier = std::move(received.descriptors.front());
  }
  return made;
}

}  // namespace

Result<BoundNotifySocket> bind_notify_socket(const std::string& project,
                                             const std::string& service) {
  for (int attempt = 1;; ++attempt) {
    std::string address = fresh_address(project, service);
    auto socket = os::bind_datagram(address);
    if (socket) {
      return BoundNotifySocket{.socket = *std::move(socket), .address = std::move(address)};
    }
    if (socket.error().code != EADDRINUSE || attempt == names_tried_max) {
      return std::unexpected(std::move(socket).error());
    }
  }
}

Result<std::string> notify_address(const os::Fd& socket) { return os::name_of(socket); }

Result<Notifications> receive_notifications(const os::Fd& socket, std::size_t datagrams_max) {
  Notifications taken;
  for (std::size_t count = 0; count < datagrams_max; ++count) {
    auto received = os::receive_message(socket, notify_bytes_max);
    if (!received && is_spoilt(received.error())) {
      ++taken.dropped;
      continue;
    }
    if (!received) {
      if (taken.list.empty()) {
        return std::unexpected(std::move(received).error());
      }
      return taken;  // What was read counts; the error comes again.
    }
    if (!*received) {
      return taken;
    }
    if (auto notification = notification_of(*std::move(*received))) {
      taken.list.push_back(*std::move(notification));
    } else {
      ++taken.dropped;
    }
  }
  return taken;
}

}  // namespace tend::service
