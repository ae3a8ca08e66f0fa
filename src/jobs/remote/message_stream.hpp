#pragma once
// MessageStream: one end of the connection between front end and worker: two descriptors on an
// event loop, messages (message.hpp) over them. It waits for nothing; what the other side has not
// taken yet is kept, and how much that is can be asked.

#include <tend/error.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/remote/frame.hpp"
#include "jobs/remote/message.hpp"
#include "os/event_loop.hpp"
#include "os/fd.hpp"

namespace tend::jobs {

class MessageStream {
 public:
  /// Pipes or sockets, not regular files. They may be one socket, as two descriptors.
  struct Ends {
    os::Fd in{};
    os::Fd out{};
  };

  /// Called from the loop only; each may destroy the stream.
  struct Handlers {
    /// What the message points to is gone when the handler returns.
    std::function<void(const Message&)> on_message{};
    /// Nothing comes any more; called once, as the last. Without an error the other side has closed
    /// the stream between two frames.
    std::function<void(const std::optional<Error>&)> on_closed{};
    /// Less than low_bytes wait to be sent, after it was more.
    std::function<void()> on_room{};
  };

  static constexpr std::size_t low_bytes = std::size_t{256} << 10U;

  /// Greets. Errors: the descriptors cannot be watched (epoll_ctl(2)).
  static Result<std::unique_ptr<MessageStream>> open(os::EventLoop& loop, Ends ends,
                                                     Handlers handlers);

  ~MessageStream();
  MessageStream(const MessageStream&) = delete;
  MessageStream(MessageStream&&) = delete;
  MessageStream& operator=(const MessageStream&) = delete;
  MessageStream& operator=(MessageStream&&) = delete;

  enum class When : std::uint8_t {
    now,   ///< With all that is sent in this turn of the loop.
    soon,  ///< With what follows within 20 ms.
  };

  /// Sends as soon as there is room. When the other side is gone nothing happens: that is told by
  /// on_closed. Errors: the message is too long to be sent.
  ///
  /// Messages are sent together because launchers pass each write on as a packet of its own, and a
  /// second small one waits there until the first was acknowledged: 40 ms (tcp(7), TCP_NODELAY).
  Result<> send(const Message& message, When when = When::now);

  /// Writes what the other side takes without waiting: for who is about to stand still.
  void flush();

  [[nodiscard]] std::size_t waiting_bytes() const noexcept { return queue_.size() - sent_; }

  /// What came before the other side's greeting.
  [[nodiscard]] std::string_view foreword() const noexcept { return reader_.foreword(); }

  /// Whether the other side has greeted.
  [[nodiscard]] bool is_greeted() const noexcept { return reader_.is_greeted(); }

  /// Whether the other side has closed the stream, as opposed to us giving it up.
  [[nodiscard]] bool is_at_end() const noexcept { return is_at_end_; }

 private:
  MessageStream(os::EventLoop& loop, Ends ends, Handlers handlers);

  Result<> watch();
  void receive();
  void take_messages();
  void close(const std::optional<Error>& error);
  void go_on_sending(os::Ready ready);
  void set_wants_room(bool wanted);

  os::EventLoop& loop_;
  Ends ends_;
  Handlers handlers_;
  FrameReader reader_{};
  std::string queue_{};
  std::size_t sent_ = 0;  ///< Bytes at the front of the queue that are gone.
  std::vector<char> buffer_;
  os::WatchId in_watch_ = os::WatchId::none;
  os::WatchId out_watch_ = os::WatchId::none;
  os::TimerId soon_ = os::TimerId::none;
  bool wants_room_ = false;
  bool is_above_low_ = false;  ///< on_room is owed.
  bool is_at_end_ = false;
  bool is_broken_ = false;  ///< Nothing can be sent any more.
  /// Whoever holds a weak one sees that a handler has destroyed us.
  std::shared_ptr<char> life_ = std::make_shared<char>();
};

}  // namespace tend::jobs
