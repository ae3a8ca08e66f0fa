#pragma once
// KernelWorld: the World of the director as it is. Every verb is a call or two of os/; what to do,
// and when, is decided above.

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "os/cgroup.hpp"
#include "os/machine.hpp"
#include "service/director/world.hpp"

namespace tend::service {

/// The cgroup of a project, which holds one for each of its services.
[[nodiscard]] std::string project_group_name(const std::string& project, std::uint32_t token);

class KernelWorld final : public World {
 public:
  static Result<std::unique_ptr<KernelWorld>> make(os::Fd keeper_socket);

  [[nodiscard]] Result<> enter(const ProjectSpec& project, std::uint32_t mark_token) override;

  [[nodiscard]] os::EventLoop& loop() override { return loop_; }
  [[nodiscard]] os::WallTime wall_time() const override { return os::realtime_now(); }
  [[nodiscard]] double random_fraction() override;

  [[nodiscard]] os::Fd inherited(int number) override { return os::Fd(number); }
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

  [[nodiscard]] bool has_groups() const override { return groups_.has_value(); }
  [[nodiscard]] Result<bool> is_group_populated(const std::string& service) override;
  [[nodiscard]] Result<Pids> group_members(const std::string& service) override;
  Result<> kill_group(const std::string& service) override;
  void remove_group(const std::string& service) override;

  [[nodiscard]] Result<OutputPipe> make_output(const ServiceSpec& spec) override;
  [[nodiscard]] Result<os::Pipe> make_pipe() override;
  [[nodiscard]] Result<bool> has_closed(const os::Fd& pipe) override;
  [[nodiscard]] Result<os::Fd> duplicate(const os::Fd& fd) override;
  [[nodiscard]] Result<os::Started> start(const RunOrder& order, os::raw::ChildSlot& slot) override;

  [[nodiscard]] Result<BoundNotifySocket> bind_notify_socket(const ServiceSpec& spec) override;
  [[nodiscard]] Result<std::string> notify_address(const os::Fd& socket) override;
  [[nodiscard]] Result<Notifications> receive_notifications(const os::Fd& socket) override;
  [[nodiscard]] std::uint32_t uid_of(const ServiceSpec& spec) const override;

  [[nodiscard]] Result<os::Fd> open_program(const std::string& path) override;
  void leave(const Places& places) override;

 private:
  KernelWorld(os::EventLoop loop, os::Fd keeper_socket);

  void choose_groups(std::uint32_t mark_token);

  os::EventLoop loop_;
  os::Fd keeper_socket_;
  /// For the spread of pauses: each director has its own, and nothing secret depends on it.
  std::minstd_rand random_{static_cast<std::minstd_rand::result_type>(os::random_bits())};
  os::Fd nothing_{};            ///< /dev/null, the input of every service.
  os::Fd runtime_directory_{};  ///< Where a FIFO can be made if a pipe cannot be re-opened.
  /// RLIMIT_NOFILE as it was before the director raised its own: what its services get.
  os::DescriptorLimit descriptor_limit_{};
  std::string project_{};
  std::optional<os::Cgroup> group_parent_{};
  std::string group_name_{};  ///< Of the project's group, which holds one for each service.
  std::optional<os::Cgroup> groups_{};
};

}  // namespace tend::service
