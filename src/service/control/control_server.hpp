#pragma once
// The director's end of the control socket: accepts clients, checks who they are, reads one request
// of each and writes the answers, within limits on everything. It knows no service and no verb:
// what a request means is the Handler's business.

#include <tend/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "os/event_loop.hpp"
#include "os/fd.hpp"
#include "service/control/clients.hpp"
#include "service/control/control_message.hpp"
#include "service/control/output_queue.hpp"
#include "service/control/request_reader.hpp"
#include "service/control/spare_descriptors.hpp"

namespace tend::service {

struct ControlLimits {
  std::size_t clients_max = 64;
  std::size_t request_bytes_max = service::request_bytes_max;
  std::size_t output_bytes_max = std::size_t{1024} * 1024;
  std::chrono::milliseconds request_within{10'000};  ///< From the connect to the whole request.
  std::chrono::milliseconds write_within{30'000};    ///< Without a byte taken, while some wait.
  std::chrono::milliseconds accept_pause{100};       ///< After an accept that failed (EMFILE).
};

/// One connection carries one request; its answer ends with Done, and so does the connection.
/// A client that closes its writing half still gets the whole answer.
class ControlServer final : public Clients {
 public:
  /// `listener` is listening and non-blocking. Clients of `owner_uid` and root are served.
  ControlServer(os::EventLoop& loop, os::Fd listener, std::uint32_t owner_uid, Handler& handler,
                ControlLimits limits = {});
  ~ControlServer() override;
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  Result<> start();

  void stop_accepting() override;
  /// More than `output_bytes_max` waiting is too much.
  void send(ClientId id, const Reply& reply) override;
  void stream(ClientId id, Source source) override;
  void finish(ClientId id, const Done& done) override;
  [[nodiscard]] bool has_output() const noexcept override;

  [[nodiscard]] std::size_t client_count() const noexcept { return clients_.size(); }

 private:
  enum class Stage : std::uint8_t {
    request,  ///< Its request is not whole yet.
    answer,   ///< The handler answers.
    finish,   ///< Done is queued: closed once all is written.
    cut_off,  ///< The same, and the handler is to be told.
  };

  struct Client {
    Client(os::Fd connection, const ControlLimits& limits);

    os::Fd socket;
    RequestReader request;
    OutputQueue output;
    Source source{};
    Stage stage = Stage::request;
    os::WatchId watch = os::WatchId::none;
    os::Interest interest = os::Interest::read;
    os::TimerId timer = os::TimerId::none;
  };

  void accept_waiting();
  void accept_on_spare();
  void pause_accepting();
  void take_in(os::Fd socket);
  void serve(ClientId id, os::Ready ready);
  void read_request(ClientId id);
  void take_request(ClientId id, const std::string& line);
  void reject(ClientId id, const std::string& message);
  void cut_off(Client& client);
  void pull(ClientId id, Client& client);
  void write_output(ClientId id);
  static bool take_what_fits(Client& client);
  void arm_write_timer(ClientId id, Client& client);
  void show_interest(Client& client, os::Interest interest);
  void close(ClientId id);
  Client* find(ClientId id);
  Client* find_answering(ClientId id);

  os::EventLoop& loop_;
  os::Fd listener_;
  std::uint32_t owner_uid_;
  Handler& handler_;
  ControlLimits limits_;
  SpareDescriptors spare_{};
  os::WatchId listener_watch_ = os::WatchId::none;
  os::TimerId accept_timer_ = os::TimerId::none;
  std::map<ClientId, std::unique_ptr<Client>> clients_{};
  std::uint64_t last_id_ = 0;
};

}  // namespace tend::service
