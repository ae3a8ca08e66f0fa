#pragma once
// The client's end of the control socket: a connection that sends requests and gives the replies
// back one by one, and the conversation of one request from connect to Done.

#include <tend/error.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "os/clock.hpp"
#include "os/fd.hpp"
#include "service/control/control_message.hpp"

namespace tend::service {

class ControlClient {
 public:
  /// Errors: step "connect" with the path; ENOENT or ECONNREFUSED when nobody listens there.
  static Result<ControlClient> connect(const std::string& socket_path);

  Result<> send(const Request& request);

  /// The next reply. Nothing: the other side has closed. ETIMEDOUT: the deadline has come.
  Result<std::optional<Reply>> next(std::optional<os::Instant> deadline);

  /// The replies that are there, without waiting: for event loops that watch fd().
  Result<std::vector<Reply>> read_available();

  /// The other side has closed, and every reply has been given.
  [[nodiscard]] bool is_closed() const noexcept { return is_end_ && start_ == bytes_.size(); }

  [[nodiscard]] const os::Fd& fd() const noexcept { return fd_; }

 private:
  explicit ControlClient(os::Fd fd) : fd_(std::move(fd)) {}

  Result<std::optional<Reply>> take_line();
  Result<bool> receive();

  os::Fd fd_;
  std::string bytes_{};  // Received; those before start_ are dealt with.
  std::size_t start_ = 0;
  bool is_end_ = false;
};

/// Whether a connect() failed because nothing runs there.
[[nodiscard]] bool is_not_running(const Error& error) noexcept;

struct Conversation {
  std::string socket_path{};
  Request request{};
  std::optional<os::Instant> deadline{};
};

/// Sends the request and hands every reply but Done to `on_reply`. Done is the result; nothing, if
/// the other side closed the connection without one.
Result<std::optional<Done>> converse(const Conversation& conversation,
                                     const std::function<void(const Reply&)>& on_reply);

}  // namespace tend::service
