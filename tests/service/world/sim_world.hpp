#pragma once
// The World of one director on a Machine. Before any call something else may happen on the machine,
// any call may fail as the real one can, and the director may be killed before or after it: then
// Killed is thrown through it, and whatever it still does on its way out reaches nobody.

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "service/director/world.hpp"
#include "service/world/clients.hpp"
#include "service/world/machine.hpp"

namespace tend::service::world {

/// The director has been killed.
struct Killed {};

class SimWorld final : public World {
 public:
  SimWorld(Machine& machine, Ledger& ledger, SimClients::OnDone on_done);

  /// Dies at call number `calls` from now; 0: never.
  void die_after(std::uint32_t calls) { calls_left_ = calls; }
  [[nodiscard]] bool is_dead() const { return is_dead_; }
  void kill() { is_dead_ = true; }

  /// Is anything that the director watches ready?
  [[nodiscard]] bool has_news() const;
  [[nodiscard]] bool is_accepting() const {
    return clients_ != nullptr && clients_->is_accepting();
  }
  [[nodiscard]] std::size_t watch_count() const { return watches_.size(); }
  /// How long the director would have slept in its last turn.
  [[nodiscard]] std::chrono::milliseconds sleep() const { return sleep_; }

  [[nodiscard]] Result<> enter(const ProjectSpec& project, std::uint32_t mark_token) override;
  [[nodiscard]] os::EventLoop& loop() override { return loop_; }
  [[nodiscard]] os::WallTime wall_time() const override;
  [[nodiscard]] double random_fraction() override;
  [[nodiscard]] os::Fd inherited(int number) override;
  [[nodiscard]] const os::Fd& keeper_socket() const override { return keeper_socket_; }
  [[nodiscard]] Result<> send_to_keeper(const keeper::Message& message,
                                        const os::Fd& attached) override;
  [[nodiscard]] Result<std::optional<keeper::Message>> receive_from_keeper() override;
  void drain(const os::Fd& event) override;
  [[nodiscard]] Result<std::unique_ptr<Clients>> serve(os::Fd listener,
                                                       Clients::Handler& handler) override;
  [[nodiscard]] Result<os::Fd> open_process(std::int32_t pid) override;
  Result<> send_signal(const os::Fd& process, int signal) override;
  [[nodiscard]] Result<bool> has_ended(const os::Fd& process) override;
  [[nodiscard]] ProcessEnd end_of(const os::Fd& process) override;
  Result<> signal_group(std::int32_t leader, int signal) override;
  [[nodiscard]] Result<os::ProcStat> stat_of(std::int32_t pid) override;
  [[nodiscard]] Result<Pids> children_of(std::int32_t pid) override;
  [[nodiscard]] Result<Pids> all_pids() override;
  [[nodiscard]] Result<bool> carries_mark(std::int32_t pid, const RunIdentity& identity) override;
  [[nodiscard]] bool carries_mark_of_project(std::int32_t pid, std::uint32_t token) override;
  [[nodiscard]] bool has_groups() const override { return machine_.has_groups; }
  [[nodiscard]] Result<bool> is_group_populated(const std::string& service) override;
  [[nodiscard]] Result<Pids> group_members(const std::string& service) override;
  Result<> kill_group(const std::string& service) override;
  void remove_group(const std::string& /*service*/) override { call(); }
  [[nodiscard]] Result<OutputPipe> make_output(const ServiceSpec& spec) override;
  [[nodiscard]] Result<os::Pipe> make_pipe() override;
  [[nodiscard]] Result<bool> has_closed(const os::Fd& pipe) override;
  [[nodiscard]] Result<os::Fd> duplicate(const os::Fd& fd) override;
  [[nodiscard]] Result<os::Started> start(const RunOrder& order, os::raw::ChildSlot& slot) override;
  [[nodiscard]] Result<BoundNotifySocket> bind_notify_socket(const ServiceSpec& spec) override;
  [[nodiscard]] Result<std::string> notify_address(const os::Fd& socket) override;
  [[nodiscard]] Result<Notifications> receive_notifications(const os::Fd& socket) override;
  [[nodiscard]] std::uint32_t uid_of(const ServiceSpec& /*spec*/) const override { return 0; }
  [[nodiscard]] Result<os::Fd> open_program(const std::string& path) override;
  void leave(const Places& places) override;

 private:
  class SimPoller;
  struct Watch {
    std::uint64_t id = 0;
    os::Interest interest = os::Interest::none;
  };

  void call();
  void may_die();
  [[noreturn]] void die();
  /// One of these errnos, now and then.
  [[nodiscard]] std::optional<Error> refusal(const char* step, std::initializer_list<int> codes);
  [[nodiscard]] os::Ready readiness(int fd, os::Interest interest) const;
  [[nodiscard]] std::uint32_t index_of(const std::string& service) const;
  void look_at_signal(const Process& target, int signal);
  void deliver(const Process& target, int signal);
  void look_at_start(std::uint32_t index, std::uint32_t run);

  Machine& machine_;
  Ledger& ledger_;
  SimClients::OnDone on_done_;
  SimClients* clients_ = nullptr;  ///< The director's, while it lives.
  std::map<int, Watch> watches_{};
  os::Fd keeper_socket_;
  os::EventLoop loop_;
  std::chrono::milliseconds sleep_{0};
  std::uint32_t calls_left_ = 0;
  bool is_dead_ = false;
};

}  // namespace tend::service::world
