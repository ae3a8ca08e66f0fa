#pragma once
// Orders: what clients asked for and still wait for. It carries requests out through an OrderTaker
// and answers when the result is known: ready, failed and why, or all gone.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "os/event_loop.hpp"
#include "service/control/clients.hpp"
#include "service/control/control_message.hpp"
#include "service/director/dependency_graph.hpp"
#include "service/director/service_unit.hpp"

namespace tend::service {

/// What orders need of the director.
class OrderTaker {
 public:
  virtual ~OrderTaker() = default;
  [[nodiscard]] virtual const std::vector<ServiceUnit>& units() const = 0;
  [[nodiscard]] virtual const DependencyGraph& graph() const = 0;
  virtual void wish_start(std::span<const std::uint32_t> chosen) = 0;
  virtual void wish_stop(std::span<const std::uint32_t> chosen) = 0;
  virtual void wish_restart(std::span<const std::uint32_t> chosen) = 0;
  virtual void begin_down() = 0;
  virtual void hurry() = 0;
  virtual void upgrade(ClientId client, const Request& request) = 0;
  [[nodiscard]] virtual ServiceStatus status_of(const ServiceUnit& unit) const = 0;
  [[nodiscard]] virtual ProjectStatus project_status() const = 0;
  [[nodiscard]] virtual bool is_going_down() const = 0;
};

class Orders {
 public:
  Orders(OrderTaker& taker, os::EventLoop& loop) : taker_(taker), loop_(loop) {}
  ~Orders();
  Orders(const Orders&) = delete;
  Orders& operator=(const Orders&) = delete;

  void set_clients(Clients& clients) { clients_ = &clients; }

  void take(ClientId client, const Request& request);
  void forget(ClientId client);

  /// Something changed: answers whoever has what they waited for.
  void look_again();

  /// To all who watch.
  void tell(const Occurrence& occurrence);

  /// To all who wait for the end of something.
  void tell_stoppers(const std::string& text);

  /// The project is over: those who asked for that, or watch it, are answered.
  void tell_end();

 private:
  struct Order {
    ClientId client{};
    Verb verb = Verb::status;
    std::vector<std::uint32_t> targets{};
    std::vector<std::uint32_t> runs_before{};  ///< restart: the runs that must be over.
    std::vector<std::string> told_waiting{};   ///< stop, down: the last Progress.
    os::TimerId timeout = os::TimerId::none;
    os::TimerId progress = os::TimerId::none;  ///< stop, down: when to tell what is waited for.
    bool is_answered = false;
  };

  void answer_status(ClientId client, std::span<const std::uint32_t> targets);
  void begin_watch(ClientId client);
  void begin(ClientId client, const Request& request, std::vector<std::uint32_t> targets);
  void look_at(Order& order);
  void answer(Order& order, const Done& done);
  void answer_with_results(Order& order);
  void tell_progress_soon(Order& order);
  void tell_progress(ClientId client);
  void time_out(ClientId client);
  [[nodiscard]] bool is_settled(const Order& order, std::size_t position) const;
  [[nodiscard]] static bool is_success(const Order& order, const ServiceUnit& unit);
  /// Somebody else has wished the opposite since: there is nothing to wait for any more.
  [[nodiscard]] static bool is_contradicted(const Order& order, const ServiceUnit& unit);
  [[nodiscard]] bool waits_in_vain(const ServiceUnit& unit) const;
  [[nodiscard]] Result<std::vector<std::uint32_t>> indices_of(
      std::span<const std::string> names) const;

  OrderTaker& taker_;
  os::EventLoop& loop_;
  Clients* clients_ = nullptr;
  std::vector<Order> orders_{};
  std::vector<ClientId> watchers_{};
};

}  // namespace tend::service
