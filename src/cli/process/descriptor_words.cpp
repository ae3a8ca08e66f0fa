#include "cli/process/descriptor_words.hpp"

#include <algorithm>
#include <variant>

#include "base/duration.hpp"
#include "base/size.hpp"
#include "base/text.hpp"

namespace tend::cli {

namespace {

using inspect::Descriptor;
using inspect::Socket;
using inspect::SocketFamily;
using inspect::SocketState;

std::string queue_words(const Socket& socket) {
  std::string words;
  if (socket.receive_queue_bytes > 0) {
    words += socket.state == SocketState::listening
                 ? text::format(", {} not accepted yet", socket.receive_queue_bytes)
                 : text::format(", {} not read", human_size(socket.receive_queue_bytes));
  }
  if (socket.send_queue_bytes > 0 && socket.state != SocketState::listening) {
    words += text::format(", {} not sent", human_size(socket.send_queue_bytes));
  }
  return words;
}

bool is_internet(const Socket& socket) {
  return socket.family == SocketFamily::ipv4 || socket.family == SocketFamily::ipv6;
}

std::string internet_words(const Socket& socket) {
  std::string words(name_of(socket.type));
  if (socket.state == SocketState::listening) {
    return words + " listening on " + socket.local.text() + queue_words(socket);
  }
  words += " " + socket.local.text();
  if (socket.remote.port != 0) {
    words += " to " + socket.remote.text();
  }
  if (socket.state != SocketState::established && socket.state != SocketState::unknown) {
    words += text::format(" ({})", name_of(socket.state));
  }
  return words + queue_words(socket);
}

std::string socket_words(const Socket& socket) {
  if (is_internet(socket)) {
    return internet_words(socket);
  }
  std::string words(name_of(socket.family));
  if (socket.type != inspect::SocketType::unknown) {
    words += text::format(" {}", name_of(socket.type));
  }
  if (socket.state == SocketState::listening) {
    words += " listening";
  }
  if (!socket.path.empty()) {
    words += (socket.state == SocketState::listening ? " on " : " ") + text::printable(socket.path);
  }
  return words;
}

/// Says what is special; empty where the target says it all.
struct DetailWords {
  std::string operator()(std::monostate /*nothing*/) const { return {}; }
  std::string operator()(const Socket& of) const {
    return of.family == SocketFamily::unknown ? std::string() : socket_words(of);
  }
  std::string operator()(const inspect::EventCounter& of) const {
    return text::format("counter at {}", of.count);
  }
  std::string operator()(const inspect::EpollSet& of) const {
    constexpr std::size_t shown_max = 8;
    std::vector<std::string> numbers;
    for (const inspect::EpollTarget& target : of.targets) {
      if (numbers.size() == shown_max) {
        numbers.emplace_back("...");
        break;
      }
      numbers.push_back(text::format("{}", target.descriptor));
    }
    return numbers.empty() ? "watches nothing" : "watches fd " + text::join(numbers, ", ");
  }
  std::string operator()(const inspect::Timer& of) const {
    if (of.remaining == std::chrono::nanoseconds(0)) {
      return "disarmed";
    }
    std::string words = "in " + human_duration(of.remaining);
    if (of.interval != std::chrono::nanoseconds(0)) {
      words += ", every " + human_duration(of.interval);
    }
    return words;
  }
  std::string operator()(const inspect::SignalReader& of) const {
    return "reads " + of.signals.description();
  }
  std::string operator()(const inspect::Watches& of) const {
    return text::format("{} watches", of.count);
  }
  std::string operator()(const inspect::HeldProcess& of) const {
    if (of.pid < 0) {
      return "of a process that has ended";
    }
    return of.pid == 0 ? "of a process that we cannot see" : text::format("of process {}", of.pid);
  }
};

}  // namespace

std::string rights_words(const Descriptor& descriptor) {
  std::string words;
  words += descriptor.can_read ? 'r' : '-';
  words += descriptor.can_write ? 'w' : '-';
  words += descriptor.is_append ? " append" : "";
  words += descriptor.is_nonblocking ? " nonblocking" : "";
  words += descriptor.is_close_on_exec ? " cloexec" : "";
  return words;
}

std::string target_words(const Descriptor& descriptor) {
  std::string words = std::visit(DetailWords{}, descriptor.detail);
  if (words.empty()) {
    words = text::printable(descriptor.target);
  }
  if (descriptor.is_deleted) {
    words += " (deleted)";
  }
  if (descriptor.kind == inspect::DescriptorKind::file && descriptor.position > 0) {
    words += text::format(" at {}", descriptor.position);
  }
  return words;
}

std::string holder_words(std::span<const inspect::Holder> holders) {
  constexpr std::size_t shown_max = 3;
  std::vector<std::string> words;
  for (const inspect::Holder& holder : holders.first(std::min(shown_max, holders.size()))) {
    words.push_back(text::format("{} ({}) fd {}", holder.process.pid, text::printable(holder.name),
                                 holder.descriptor));
  }
  if (holders.size() > shown_max) {
    words.push_back(text::format("{} more", holders.size() - shown_max));
  }
  return text::join(words, ", ");
}

}  // namespace tend::cli
