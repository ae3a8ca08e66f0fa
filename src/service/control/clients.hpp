#pragma once
// Clients: those who asked the director something, as it sees them. The ControlServer is behind
// this; it knows no service and no verb, and the director no socket.

#include <cstdint>
#include <functional>
#include <optional>

#include "service/control/control_message.hpp"

namespace tend::service {

/// A connection. Never reused, so what is sent to one that is gone reaches nobody.
enum class ClientId : std::uint64_t { none = 0 };

class Clients {
 public:
  /// Who answers. Called from the loop only, never from within send(), stream() or finish().
  class Handler {
   public:
    Handler() = default;
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;
    virtual ~Handler() = default;

    virtual void on_request(ClientId client, const Request& request) = 0;

    /// The client went, or was cut off, before finish(). Not called for others.
    virtual void on_gone(ClientId client) = 0;
  };

  /// The next line of a long answer; nothing when there is no more; a Done is as good as finish().
  using Source = std::move_only_function<std::optional<Reply>()>;

  Clients() = default;
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;
  virtual ~Clients() = default;

  /// No client is accepted any more; those who are connected are served on.
  virtual void stop_accepting() = 0;

  /// One more line. A client that takes too little is cut off: it finds a Done that says so in
  /// place of what it did not take. Use stream() for answers that could be so long.
  virtual void send(ClientId id, const Reply& reply) = 0;

  /// Lines as fast as the client takes them, called for as long as there are some: for what grows
  /// with the number of services. Lines of send() may come in between.
  virtual void stream(ClientId id, Source source) = 0;

  /// The last line; the connection is closed once it is written.
  virtual void finish(ClientId id, const Done& done) = 0;

  /// Somebody has not yet taken all that was sent: before the end of the process, run the loop
  /// until this is false (the write timeout sees to it).
  [[nodiscard]] virtual bool has_output() const noexcept = 0;
};

}  // namespace tend::service
