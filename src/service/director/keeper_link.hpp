#pragma once
// The director's side of its talk with the keeper: stores and drops descriptors, acknowledges ends,
// says that the project is finished. It never blocks: what the socket does not take now waits here.

#include <tend/error.hpp>

#include <cstdint>
#include <deque>
#include <functional>

#include "os/event_loop.hpp"
#include "os/fd.hpp"
#include "service/director/world.hpp"
#include "service/keeper/keeper_protocol.hpp"

namespace tend::service {

class KeeperLink {
 public:
  /// The keeper's answer to store() or upgrade(): 0 or an errno.
  using OnAnswer = std::move_only_function<void(const keeper::Message&)>;
  /// The keeper is gone, and with it the reason to be.
  using OnGone = std::move_only_function<void()>;

  KeeperLink(World& world, OnAnswer on_answer, OnGone on_gone);
  ~KeeperLink();
  KeeperLink(const KeeperLink&) = delete;
  KeeperLink& operator=(const KeeperLink&) = delete;

  Result<> start();

  /// The keeper gets a copy of `fd`, kept as {kind, record, run}; it answers with `stored`. A log
  /// pipe can be found again by its inode.
  void store(StoredKind kind, std::uint32_t record, std::uint32_t run, os::Fd fd,
             std::uint64_t inode = 0);
  void drop(StoredKind kind, std::uint32_t record, std::uint32_t run);
  void acknowledge();
  void finish(int exit_code);

  /// The keeper becomes what is stored as next_keeper. It answers only if that fails: else we end.
  void upgrade();

  /// Nothing waits to be sent.
  [[nodiscard]] bool is_idle() const noexcept { return waiting_.empty(); }

 private:
  struct Outgoing {
    keeper::Message message{};
    os::Fd fd{};
  };

  void queue(const keeper::Message& message, os::Fd fd);
  void send_waiting();
  void receive();
  void watch_for(os::Interest interest);

  World& world_;
  OnAnswer on_answer_;
  OnGone on_gone_;
  std::deque<Outgoing> waiting_{};
  os::WatchId watch_ = os::WatchId::none;
  os::Interest interest_ = os::Interest::read;
  bool is_acknowledge_waiting_ = false;
};

}  // namespace tend::service
