#pragma once
// The director: all decisions about the services of a project. It turns what the kernel, the keeper
// and clients tell into events of the pure state machine, stores the new state, then performs the
// actions. It can be killed at any instruction: the next one finds the state file and goes on.

#include <tend/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "os/event_loop.hpp"
#include "os/fd.hpp"
#include "service/control/clients.hpp"
#include "service/director/dependency_graph.hpp"
#include "service/director/keeper_link.hpp"
#include "service/director/orders.hpp"
#include "service/director/run_starter.hpp"
#include "service/director/run_tree.hpp"
#include "service/director/service_unit.hpp"
#include "service/director/world.hpp"
#include "service/places.hpp"
#include "service/state_file.hpp"

namespace tend::service {

/// The whole life of the process `tend-director STATE_FD SOCKET_FD`. Its exit code.
int director_main(int state_fd, int socket_fd);

class Director final : public Clients::Handler, public OrderTaker {
 public:
  /// Goes on from the state file, wherever the director before was. The world outlives this.
  static Result<std::unique_ptr<Director>> make(os::Fd state_fd, World& world);
  ~Director() override;
  Director(const Director&) = delete;
  Director& operator=(const Director&) = delete;

  /// Until the project has ended or the keeper is gone.
  Result<int> run();

  /// Settles what has changed, then waits for something and deals with it. The exit code when there
  /// is nothing left to do.
  Result<std::optional<int>> turn();

  // What a client may ask (OrderTaker).
  [[nodiscard]] const std::vector<ServiceUnit>& units() const override { return units_; }
  [[nodiscard]] const DependencyGraph& graph() const override { return graph_; }
  void wish_start(std::span<const std::uint32_t> chosen) override;
  void wish_stop(std::span<const std::uint32_t> chosen) override;
  void wish_restart(std::span<const std::uint32_t> chosen) override;
  void begin_down() override;
  void hurry() override;
  void upgrade(ClientId client, const Request& request) override;
  [[nodiscard]] ServiceStatus status_of(const ServiceUnit& unit) const override;
  [[nodiscard]] ProjectStatus project_status() const override;
  [[nodiscard]] bool is_going_down() const override;

  // Clients::Handler
  void on_request(ClientId client, const Request& request) override;
  void on_gone(ClientId client) override;

 private:
  Director(StateFile state, ProjectSpec project, World& world);

  // director_setup.cpp: from the state file to a running director.
  Result<> set_up();
  Result<> watch_descriptors();
  Result<> open_notify_sockets();
  Result<> open_notify_socket(ServiceUnit& unit);
  void continue_all();
  void continue_unit(ServiceUnit& unit);
  void acknowledge_past(const ServiceUnit& unit);
  void note_start_result(std::uint32_t index, std::uint32_t run, const Outcome& outcome);

  void note_leader_start(ServiceUnit& unit, std::uint32_t run);

  // director_upgrade.cpp
  void note_upgrade_failed(int code);

  // director_adoption.cpp: runs that were born under another keeper.
  void hold_adopted(ServiceUnit& unit);
  void watch_adopted(ServiceUnit& unit);
  void end_adopted(ServiceUnit& unit, std::uint32_t run, const Outcome& outcome);
  void forget_adopted(ServiceUnit& unit, std::uint32_t run);

  // director.cpp: events in, actions out.
  void apply(ServiceUnit& unit, Event event);
  void take(ServiceUnit& unit, const Step& step);
  void perform(ServiceUnit& unit, const Action& action);
  void arm_deadline(ServiceUnit& unit);
  void announce(const ServiceUnit& unit, const ServiceState& before);
  void settle();
  void settle_starts();
  void settle_stops();
  void finish_if_over();
  [[nodiscard]] milliseconds stop_budget() const;
  void watch_stop_budget();
  void kill_what_is_left();
  void stop_now(ServiceUnit& unit);

  void look_at_reports();
  void take_report(ServiceUnit& unit);
  void end_run(ServiceUnit& unit, const Outcome& outcome);
  void look_at_stop_requests();
  void signal(ServiceUnit& unit, const Action& action);
  [[nodiscard]] bool signal_leader(const ServiceUnit& unit, int signal);
  [[nodiscard]] bool signal_tree(ServiceUnit& unit, int signal);
  void go_on_with_tree(ServiceUnit& unit);
  void watch_tree(ServiceUnit& unit);
  void leftover_ended(ServiceUnit& unit);
  void acknowledge(const ServiceUnit& unit, std::uint32_t run);
  void note_finished(const ServiceUnit& unit);
  void watch_ready(ServiceUnit& unit);
  void unwatch_ready(ServiceUnit& unit);
  void read_notifications(ServiceUnit& unit);

  /// 0: it has ended, and its pid is nobody's or a stranger's.
  [[nodiscard]] std::int32_t leader_pid(const ServiceUnit& unit) const;
  [[nodiscard]] TreeOfRun tree_of(const ServiceUnit& unit) const;
  void set_stop_asked(ServiceUnit& unit, bool is_asked);
  void refresh_standing(const ServiceUnit& unit);
  [[nodiscard]] Event event(Event::Type type, const ServiceUnit& unit) const;
  [[nodiscard]] std::int64_t now_ns() const;
  [[nodiscard]] std::vector<std::string> names_of(std::span<const std::uint32_t> indices) const;

  StateFile state_;
  ProjectSpec project_;
  DependencyGraph graph_;
  World& world_;
  os::EventLoop& loop_;
  Places places_;
  std::vector<ServiceUnit> units_{};
  std::vector<Standing> standings_{};  ///< Of each unit, kept up to date for the graph.
  std::unique_ptr<KeeperLink> keeper_{};
  std::unique_ptr<RunTrees> trees_{};
  std::unique_ptr<RunStarter> starter_{};
  std::unique_ptr<Clients> clients_{};
  Orders orders_;
  std::optional<ClientId> upgrade_client_{};  ///< Who waits for the upgrade that was asked for.
  os::Fd report_event_{};
  os::Fd viewer_{};
  os::WatchId viewer_watch_ = os::WatchId::none;
  std::uint32_t stop_requests_seen_ = 0;
  os::TimerId stop_deadline_ = os::TimerId::none;
  bool needs_settling_ = true;
  bool is_finished_ = false;
  bool is_keeper_gone_ = false;
};

}  // namespace tend::service
