#include "service/director/kernel_world.hpp"

#include <sys/resource.h>

#include <fcntl.h>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/environment.hpp"
#include "os/eventfd.hpp"
#include "os/files.hpp"
#include "os/pidfd.hpp"
#include "os/poll.hpp"
#include "os/process_group.hpp"
#include "os/procfs.hpp"
#include "os/unix_socket.hpp"
#include "service/control/control_server.hpp"
#include "service/leader.hpp"

namespace tend::service {

using keeper::Message;

std::string project_group_name(const std::string& project, std::uint32_t token) {
  return text::format("tend-{}-{:08x}", project, token);
}

Result<std::unique_ptr<KernelWorld>> KernelWorld::make(os::Fd keeper_socket) {
  os::EventLoop loop = TEND_TRY(os::EventLoop::make());
  return std::unique_ptr<KernelWorld>(new KernelWorld(std::move(loop), std::move(keeper_socket)));
}

KernelWorld::KernelWorld(os::EventLoop loop, os::Fd keeper_socket)
    : loop_(std::move(loop)), keeper_socket_(std::move(keeper_socket)) {}

Result<> KernelWorld::enter(const ProjectSpec& project, std::uint32_t mark_token) {
  project_ = project.name;
  choose_groups(mark_token);
  runtime_directory_ = TEND_TRY(os::open_directory(project.runtime_dir));
  nothing_ = TEND_TRY(os::open_file("/dev/null", O_RDONLY));
  // The director may need many descriptors; its services keep the limit that they would have had.
  descriptor_limit_ = os::descriptor_limit();
  os::raise_descriptor_limit();
  return {};
}

void KernelWorld::choose_groups(std::uint32_t mark_token) {
  // TEND_NO_CGROUP lets tests, and people in doubt, see the other means at work.
  if (os::find_variable(os::own_environment(), "TEND_NO_CGROUP")) {
    return;
  }
  auto parent = os::Cgroup::own();
  if (!parent) {
    return;
  }
  // Found by trying, with the group that is needed: a kill in between leaves nothing to clean up
  // that the next `tend up` or `tend down` does not know by its name.
  group_name_ = project_group_name(project_, mark_token);
  auto made = parent->make_child(group_name_);
  if (made && made->can_be_entered()) {
    groups_ = *std::move(made);
    group_parent_ = *std::move(parent);
  } else if (made) {
    static_cast<void>(parent->remove_child(group_name_));
  }
}

double KernelWorld::random_fraction() {
  return std::uniform_real_distribution<double>(0.0, 1.0)(random_);
}

// --- the keeper ----------------------------------------------------------------------------------

Result<> KernelWorld::send_to_keeper(const Message& message, const os::Fd& attached) {
  char bytes[sizeof(Message)];
  std::memcpy(bytes, &message, sizeof bytes);
  const os::Fd* const descriptors[] = {&attached};
  const std::size_t count = attached.is_open() ? 1 : 0;
  TEND_TRY(os::send_message(keeper_socket_, std::string_view(bytes, sizeof bytes),
                            std::span(descriptors, count)));
  return {};
}

Result<std::optional<Message>> KernelWorld::receive_from_keeper() {
  for (;;) {
    const auto received = TEND_TRY(os::receive_message(keeper_socket_, sizeof(Message)));
    if (!received) {
      return std::nullopt;
    }
    if (received->is_end) {
      return failed("receive", "from the keeper", ECONNRESET);
    }
    Message message{};
    if (received->bytes.size() == sizeof message) {
      std::memcpy(&message, received->bytes.data(), sizeof message);
      return message;
    }
  }
}

void KernelWorld::drain(const os::Fd& event) { static_cast<void>(os::drain_eventfd(event)); }

Result<std::unique_ptr<Clients>> KernelWorld::serve(os::Fd listener, Clients::Handler& handler) {
  auto server =
      std::make_unique<ControlServer>(loop_, std::move(listener), os::effective_uid(), handler);
  TEND_TRY(server->start());
  return server;
}

// --- processes -----------------------------------------------------------------------------------

Result<os::Fd> KernelWorld::open_process(std::int32_t pid) { return os::open_pidfd(pid); }

Result<> KernelWorld::send_signal(const os::Fd& process, int signal) {
  return os::send_signal(process, signal);
}

Result<bool> KernelWorld::has_ended(const os::Fd& process) { return os::has_exited(process); }

ProcessEnd KernelWorld::end_of(const os::Fd& process) { return service::end_of(process); }

Result<> KernelWorld::signal_group(std::int32_t leader, int signal) {
  return os::signal_process_group(leader, signal);
}

Result<os::ProcStat> KernelWorld::stat_of(std::int32_t pid) { return os::read_proc_stat(pid); }

Result<World::Pids> KernelWorld::children_of(std::int32_t pid) { return os::children_of(pid); }

Result<World::Pids> KernelWorld::all_pids() { return os::all_pids(); }

Result<bool> KernelWorld::carries_mark(std::int32_t pid, const RunIdentity& identity) {
  return service::carries_mark(pid, identity.token, identity.run);
}

bool KernelWorld::carries_mark_of_project(std::int32_t pid, std::uint32_t token) {
  return service::carries_mark_of_project(pid, token);
}

// --- cgroups -------------------------------------------------------------------------------------

Result<bool> KernelWorld::is_group_populated(const std::string& service) {
  return groups_->is_child_populated(service);
}

Result<World::Pids> KernelWorld::group_members(const std::string& service) {
  const auto group = groups_->child(service);
  if (!group && group.error().code == ENOENT) {
    return Pids{};
  }
  return group ? group->processes() : std::unexpected(group.error());
}

Result<> KernelWorld::kill_group(const std::string& service) {
  const auto group = groups_->child(service);
  if (!group && group.error().code == ENOENT) {
    return {};
  }
  return group ? group->kill() : std::unexpected(group.error());
}

void KernelWorld::remove_group(const std::string& service) {
  static_cast<void>(groups_->remove_child(service));
}

// --- the birth of a run --------------------------------------------------------------------------

Result<OutputPipe> KernelWorld::make_output(const ServiceSpec& spec) {
  os::DurablePipe made = TEND_TRY(os::make_durable_pipe(uid_of(spec), runtime_directory_));
  const auto status = os::status_of(made.read);
  return OutputPipe{.read = std::move(made.read),
                    .write = std::move(made.write),
                    .inode = status ? status->inode : 0};
}

Result<os::Pipe> KernelWorld::make_pipe() { return os::make_pipe(); }

Result<bool> KernelWorld::has_closed(const os::Fd& pipe) {
  os::PollEntry entry{.fd = &pipe};
  return os::poll_any(std::span(&entry, 1), os::Instant{});
}

Result<os::Fd> KernelWorld::duplicate(const os::Fd& fd) { return os::duplicate(fd); }

Result<os::Started> KernelWorld::start(const RunOrder& order, os::raw::ChildSlot& slot) {
  const auto& [token, run, notify_address] = order.identity;
  os::SpawnOptions options = run_options(order.spec, order.identity);
  // First, so that a limit of the spec has the last word.
  options.limits.insert(
      options.limits.begin(),
      {.resource = RLIMIT_NOFILE, .soft = descriptor_limit_.soft, .hard = descriptor_limit_.hard});
  const std::uint64_t mark = mark_of(token, run);
  if (os::can_set_limit(RLIMIT_LOCKS, mark)) {
    options.limits.push_back({.resource = RLIMIT_LOCKS, .soft = mark, .hard = mark});
  }
  options.descriptors = {{.source = nothing_.get(), .target = 0},
                         {.source = order.output.get(), .target = 1},
                         {.source = order.output.get(), .target = 2}};
  if (order.ready_write.is_open()) {
    options.descriptors.push_back(
        {.source = order.ready_write.get(), .target = order.spec.ready.fd});
  }
  std::optional<os::Cgroup> group;
  if (groups_) {
    // An empty one from before is made anew: once cgroup.kill was used on it, Linux 6.18 kills
    // everything that clone3 puts into it (it compares the kill sequence of the parent's group).
    remove_group(order.spec.name);
    group = TEND_TRY(groups_->make_child(order.spec.name));
    options.cgroup = &group->directory();
  }
  return os::start_beside_us(options, slot, run);
}

// --- what services say ---------------------------------------------------------------------------

Result<BoundNotifySocket> KernelWorld::bind_notify_socket(const ServiceSpec& spec) {
  return service::bind_notify_socket(project_, spec.name);
}

Result<std::string> KernelWorld::notify_address(const os::Fd& socket) {
  return service::notify_address(socket);
}

Result<Notifications> KernelWorld::receive_notifications(const os::Fd& socket) {
  return service::receive_notifications(socket);
}

std::uint32_t KernelWorld::uid_of(const ServiceSpec& spec) const {
  return spec.identity ? spec.identity->uid : os::effective_uid();
}

// --- upgrade, and the end ------------------------------------------------------------------------

/// For execveat(2); a script cannot be executed by a descriptor that closes on exec.
Result<os::Fd> KernelWorld::open_program(const std::string& path) {
  return os::open_file(path, O_PATH);
}

void KernelWorld::leave(const Places& places) {
  if (group_parent_) {
    static_cast<void>(group_parent_->remove_child(group_name_));
  }
  static_cast<void>(os::remove_file(places.control_socket()));
  static_cast<void>(os::remove_file(places.handover_socket()));
  static_cast<void>(os::remove_file(places.state_file()));
}

}  // namespace tend::service
