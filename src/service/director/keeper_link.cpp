#include "service/director/keeper_link.hpp"

#include <cerrno>
#include <utility>

#include "base/try.hpp"

namespace tend::service {

using keeper::Message;
using keeper::MessageType;

KeeperLink::KeeperLink(World& world, OnAnswer on_answer, OnGone on_gone)
    : world_(world), on_answer_(std::move(on_answer)), on_gone_(std::move(on_gone)) {}

KeeperLink::~KeeperLink() { world_.loop().remove(watch_); }

Result<> KeeperLink::start() {
  watch_ = TEND_TRY(
      world_.loop().add(world_.keeper_socket(), os::Interest::read, [this](os::Ready ready) {
        if (ready.is_writable) {
          send_waiting();
        }
        if (ready.is_readable || ready.is_hung_up) {
          receive();
        }
      }));
  // What was to be sent before may wait for room.
  send_waiting();
  return {};
}

void KeeperLink::store(StoredKind kind, std::uint32_t record, std::uint32_t run, os::Fd fd,
                       std::uint64_t inode) {
  queue({.type = MessageType::store, .kind = kind, .record = record, .run = run, .inode = inode},
        std::move(fd));
}

void KeeperLink::drop(StoredKind kind, std::uint32_t record, std::uint32_t run) {
  queue({.type = MessageType::drop, .kind = kind, .record = record, .run = run}, {});
}

void KeeperLink::acknowledge() {
  // One message speaks for all acknowledged runs: the keeper reads them in the state file.
  if (!is_acknowledge_waiting_) {
    queue({.type = MessageType::acknowledge}, {});
  }
}

void KeeperLink::finish(int exit_code) {
  queue({.type = MessageType::finish, .value = exit_code}, {});
}

void KeeperLink::upgrade() { queue({.type = MessageType::upgrade}, {}); }

void KeeperLink::queue(const Message& message, os::Fd fd) {
  is_acknowledge_waiting_ |= message.type == MessageType::acknowledge;
  waiting_.push_back({.message = message, .fd = std::move(fd)});
  if (waiting_.size() == 1) {
    send_waiting();
  }
}

void KeeperLink::send_waiting() {
  while (!waiting_.empty()) {
    const Outgoing& next = waiting_.front();
    const auto sent = world_.send_to_keeper(next.message, next.fd);
    // ETOOMANYREFS: too many descriptors are in flight (unix(7)); the keeper is receiving them.
    if (!sent && (sent.error().code == EAGAIN || sent.error().code == ETOOMANYREFS)) {
      watch_for(os::Interest::read_write);
      return;
    }
    if (next.message.type == MessageType::acknowledge) {
      is_acknowledge_waiting_ = false;
    }
    waiting_.pop_front();
  }
  watch_for(os::Interest::read);
}

void KeeperLink::watch_for(os::Interest interest) {
  if (interest != interest_ && world_.loop().modify(watch_, interest)) {
    interest_ = interest;
  }
}

void KeeperLink::receive() {
  // Few at a time: an answer may start a service, and starts are completed in between, so that
  // their descriptors are not open any more when the next child gets its copy of them all.
  constexpr int most_at_once = 8;
  for (int taken = 0; taken < most_at_once; ++taken) {
    const auto received = world_.receive_from_keeper();
    if (!received) {
      world_.loop().remove(watch_);
      on_gone_();
      return;
    }
    if (!*received) {
      return;
    }
    const Message& message = **received;
    if (message.type == MessageType::stored || message.type == MessageType::upgraded) {
      on_answer_(message);
    }
  }
}

}  // namespace tend::service
