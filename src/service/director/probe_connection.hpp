#pragma once
// A TCP connection in the making on an event loop: what the tcp and the http probe begin with.

#include <tend/error.hpp>

#include <cstdint>
#include <functional>
#include <string>

#include "os/event_loop.hpp"
#include "os/fd.hpp"

namespace tend::service {

class ProbeConnection {
 public:
  /// Connected, or the problem in words: "connection refused by 127.0.0.1:6379".
  using OnEnd = std::move_only_function<void(std::string problem)>;

  ProbeConnection(os::EventLoop& loop, std::string ip, std::uint16_t port)
      : loop_(loop), ip_(std::move(ip)), port_(port) {}
  ~ProbeConnection() { loop_.remove(watch_); }
  ProbeConnection(const ProbeConnection&) = delete;
  ProbeConnection& operator=(const ProbeConnection&) = delete;

  /// Calls `on_end` once, as the last thing: it may destroy this.
  void start(OnEnd on_end);

  /// Non-blocking; watched by nobody after `on_end`.
  [[nodiscard]] const os::Fd& socket() const noexcept { return socket_; }

  /// "127.0.0.1:6379".
  [[nodiscard]] std::string endpoint() const;

 private:
  Result<> begin();
  void finish();
  void end(std::string problem);

  os::EventLoop& loop_;
  std::string ip_;
  std::uint16_t port_;
  OnEnd on_end_{};
  os::Fd socket_{};
  os::WatchId watch_ = os::WatchId::none;
};

}  // namespace tend::service
