#include "service/world/sim_world.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ranges>
#include <utility>

#include "os/pipe.hpp"

namespace tend::service::world {

namespace {

/// So many messages and the keeper's socket is full until it reads.
constexpr std::size_t unread_max = 6;

bool is_living(const Process& process) { return process.life != Life::zombie; }

}  // namespace

// --- the poller ----------------------------------------------------------------------------------

class SimWorld::SimPoller final : public os::Poller {
 public:
  explicit SimPoller(SimWorld& world) : world_(world) {}

  Result<> add(int fd, std::uint64_t id, os::Interest interest) override {
    if (auto refused = world_.refusal("watch", {ENOSPC, ENOMEM})) {
      return std::unexpected(*std::move(refused));
    }
    world_.watches_[fd] = {.id = id, .interest = interest};
    return {};
  }
  Result<> modify(int fd, std::uint64_t id, os::Interest interest) override {
    world_.watches_[fd] = {.id = id, .interest = interest};
    return {};
  }
  void remove(int fd) override { world_.watches_.erase(fd); }

  /// Some of what is ready, in any order: the rest is told next time.
  Result<std::size_t> wait(std::span<Event> events, std::chrono::milliseconds at_most) override {
    world_.call();
    std::size_t count = 0;
    for (const auto& [fd, watch] : world_.watches_) {
      const os::Ready ready = world_.readiness(fd, watch.interest);
      const bool is_ready = ready.is_readable || ready.is_writable || ready.is_hung_up;
      if (is_ready && count < events.size()) {
        events[count++] = {.id = watch.id, .ready = ready};
      }
    }
    Chance& chance = world_.machine_.chance;
    for (std::size_t i = count; i > 1; --i) {
      std::swap(events[i - 1], events[chance.below(i)]);
    }
    world_.sleep_ = count != 0 ? std::chrono::milliseconds(0) : at_most;
    return count > 1 && chance.one_in(3) ? 1 : count;
  }

 private:
  SimWorld& world_;
};

SimWorld::SimWorld(Machine& machine, Ledger& ledger, SimClients::OnDone on_done)
    : machine_(machine),
      ledger_(ledger),
      on_done_(std::move(on_done)),
      keeper_socket_(machine.open({.kind = Token::Kind::keeper_socket})),
      loop_(std::make_unique<SimPoller>(*this), [this] {
        may_die();
        return os::Instant(std::chrono::nanoseconds(machine_.now_ns));
      }) {}

os::Ready SimWorld::readiness(int fd, os::Interest interest) const {
  const bool wants_to_read = interest == os::Interest::read || interest == os::Interest::read_write;
  const bool wants_to_write =
      interest == os::Interest::write || interest == os::Interest::read_write;
  const Token token = machine_.token_of(fd);
  const auto has_died = [&] {
    const Process* process = machine_.kernel.with_serial(token.of);
    return process == nullptr || process->life == Life::zombie;
  };
  switch (token.kind) {
    case Token::Kind::plain: return {};
    case Token::Kind::process: return {.is_readable = has_died()};
    case Token::Kind::completion: {
      const Process* process = machine_.kernel.with_serial(token.of);
      return {.is_hung_up = process == nullptr || process->life != Life::born};
    }
    case Token::Kind::ready_pipe: {
      pollfd asked{.fd = fd, .events = POLLIN, .revents = 0};
      return {.is_readable = ::poll(&asked, 1, 0) == 1};
    }
    case Token::Kind::report_event: return {.is_readable = machine_.is_report_event_raised};
    case Token::Kind::keeper_socket:
      return {.is_readable = wants_to_read && !machine_.to_director.empty(),
              .is_writable = wants_to_write && machine_.to_keeper.size() < unread_max};
    case Token::Kind::notify: return {.is_readable = !machine_.notes[token.of].empty()};
  }
  return {};
}

bool SimWorld::has_news() const {
  return std::ranges::any_of(watches_, [&](const auto& watch) {
    const os::Ready ready = readiness(watch.first, watch.second.interest);
    return ready.is_readable || ready.is_writable || ready.is_hung_up;
  });
}

// --- what surrounds each call --------------------------------------------------------------------

void SimWorld::may_die() {
  if (is_dead_ || calls_left_ == 0) {
    return;
  }
  --calls_left_;
  if (calls_left_ == 0) {
    die();
  }
}

void SimWorld::die() {
  is_dead_ = true;
  machine_.story.tell("  the director is killed");
  throw Killed{};
}

void SimWorld::call() {
  may_die();
  if (is_dead_ || machine_.kernel.is_calm()) {
    return;
  }
  if (!machine_.chance.one_in(8)) {
    return;
  }
  // Now and then the director has to wait for a CPU, and much happens.
  constexpr std::uint32_t long_wait = 16;
  const std::uint32_t moves = machine_.chance.one_in(8) ? long_wait : 1;
  for (std::uint32_t i = 0; i < moves; ++i) {
    if (machine_.chance.one_in(4)) {
      machine_.turn_keeper();
    } else {
      machine_.move();
    }
  }
  if (!machine_.has_keeper()) {
    die();  // PDEATHSIG.
  }
}

std::optional<Error> SimWorld::refusal(const char* step, std::initializer_list<int> codes) {
  call();
  if (is_dead_ || !machine_.fails()) {
    return std::nullopt;
  }
  const int code = machine_.chance.pick(codes);
  machine_.story.tell("  the director cannot ", step, ": errno ", code);
  return Error{.step = step, .subject = "the simulated machine", .code = code};
}

Result<> SimWorld::enter(const ProjectSpec& /*project*/, std::uint32_t /*mark_token*/) {
  if (auto refused = refusal("open", {EMFILE, ENOMEM})) {
    return std::unexpected(*std::move(refused));
  }
  return {};
}

os::WallTime SimWorld::wall_time() const {
  return os::WallTime(std::chrono::nanoseconds(machine_.now_ns + machine_.wall_offset_ns));
}

double SimWorld::random_fraction() {
  constexpr std::uint32_t parts = 1024;
  return static_cast<double>(machine_.chance.below(parts)) / parts;
}

// --- the keeper ----------------------------------------------------------------------------------

os::Fd SimWorld::inherited(int number) {
  call();
  return number >= 0 ? machine_.duplicate(number) : os::Fd();
}

Result<> SimWorld::send_to_keeper(const keeper::Message& message, const os::Fd& attached) {
  call();
  if (is_dead_) {
    return {};
  }
  if (machine_.to_keeper.size() >= unread_max) {
    return failed("send", "to the keeper", EAGAIN);
  }
  machine_.to_keeper.push_back(
      {.message = message,
       .attached = attached.is_open() ? machine_.duplicate(attached.get()) : os::Fd()});
  may_die();
  return {};
}

Result<std::optional<keeper::Message>> SimWorld::receive_from_keeper() {
  call();
  if (machine_.to_director.empty()) {
    return std::nullopt;
  }
  const keeper::Message message = machine_.to_director.front();
  machine_.to_director.pop_front();
  return message;
}

void SimWorld::drain(const os::Fd& /*event*/) {
  call();
  machine_.is_report_event_raised = false;
}

Result<std::unique_ptr<Clients>> SimWorld::serve(os::Fd /*listener*/,
                                                 Clients::Handler& /*handler*/) {
  if (auto refused = refusal("watch", {ENOSPC, ENOMEM})) {
    return std::unexpected(*std::move(refused));
  }
  auto made = std::make_unique<SimClients>(ledger_, on_done_);
  clients_ = made.get();
  return made;
}

// --- processes -----------------------------------------------------------------------------------

Result<os::Fd> SimWorld::open_process(std::int32_t pid) {
  if (auto refused = refusal("open process", {EMFILE, ENFILE, ENOMEM})) {
    return std::unexpected(*std::move(refused));
  }
  const Process* process = machine_.kernel.find(pid);
  if (process == nullptr) {
    return failed("open process", "", ESRCH);
  }
  return machine_.open({.kind = Token::Kind::process, .of = process->serial});
}

void SimWorld::look_at_signal(const Process& target, int signal) {
  if (target.service == nobody) {
    machine_.object("signal " + std::to_string(signal) + " to a stranger, pid " +
                    std::to_string(target.pid));
    return;
  }
  const ServiceState& now = machine_.written(target.service);
  const bool is_too_slow = now.leader == Leader::asked && signal == SIGKILL;
  if (now.run != target.run || (now.phase != Phase::stopping && !is_too_slow)) {
    machine_.object("signal " + std::to_string(signal) + " to run " + std::to_string(target.run) +
                    ", which nobody stops: the service is " + word(now.phase) + ", run " +
                    std::to_string(now.run));
  }
}

void SimWorld::deliver(const Process& target, int signal) {
  if (is_living(target)) {
    machine_.story.tell("  signal ", signal, " to pid ", target.pid, " of run ", target.run);
    look_at_signal(target, signal);
    machine_.kernel.signal(target.serial, signal);
  }
}

Result<> SimWorld::send_signal(const os::Fd& process, int signal) {
  call();
  if (is_dead_) {
    return {};
  }
  const Process* target = machine_.kernel.with_serial(machine_.token_of(process).of);
  if (target == nullptr) {
    return failed("signal", "", ESRCH);
  }
  deliver(*target, signal);
  may_die();
  return {};
}

Result<bool> SimWorld::has_ended(const os::Fd& process) {
  if (auto refused = refusal("poll", {ENOMEM})) {
    return std::unexpected(*std::move(refused));
  }
  const Process* target = machine_.kernel.with_serial(machine_.token_of(process).of);
  return target == nullptr || target->life == Life::zombie;
}

ProcessEnd SimWorld::end_of(const os::Fd& process) {
  call();
  return machine_.end_of(machine_.token_of(process).of);
}

Result<> SimWorld::signal_group(std::int32_t leader, int signal) {
  call();
  if (is_dead_) {
    return {};
  }
  std::vector<std::uint64_t> members;
  for (const Process& process : machine_.kernel.all()) {
    if (process.group == leader) {
      members.push_back(process.serial);
    }
  }
  if (members.empty()) {
    return failed("signal", "", ESRCH);
  }
  for (const std::uint64_t serial : members) {
    if (const Process* member = machine_.kernel.with_serial(serial)) {
      deliver(*member, signal);
    }
  }
  may_die();
  return {};
}

Result<os::ProcStat> SimWorld::stat_of(std::int32_t pid) {
  if (auto refused = refusal("open", {EMFILE, ENFILE, ENOMEM})) {
    return std::unexpected(*std::move(refused));
  }
  const Process* process = machine_.kernel.find(pid);
  if (process == nullptr) {
    return failed("open", "/proc", ENOENT);
  }
  os::ProcStat stat;
  stat.pid = pid;
  stat.state = process->life == Life::zombie ? 'Z' : process->is_stopped ? 'T' : 'S';
  stat.parent = process->parent;
  stat.group = process->group;
  stat.session = process->session;
  constexpr std::uint32_t has_not_executed = 0x40;  // PF_FORKNOEXEC.
  stat.flags = process->has_executed ? 0 : has_not_executed;
  stat.start_ticks = process->start_ticks;
  return stat;
}

Result<World::Pids> SimWorld::children_of(std::int32_t pid) {
  if (auto refused = refusal("open", {EMFILE, ENFILE, ENOMEM})) {
    return std::unexpected(*std::move(refused));
  }
  if (pid != machine_.kernel.keeper_pid && machine_.kernel.find(pid) == nullptr) {
    return failed("open", "/proc", ENOENT);
  }
  return machine_.kernel.children_of(pid);
}

Result<World::Pids> SimWorld::all_pids() {
  if (auto refused = refusal("open", {EMFILE, ENFILE, ENOMEM})) {
    return std::unexpected(*std::move(refused));
  }
  Pids pids;
  std::ranges::transform(machine_.kernel.all(), std::back_inserter(pids), &Process::pid);
  return pids;
}

Result<bool> SimWorld::carries_mark(std::int32_t pid, const RunIdentity& identity) {
  if (auto refused = refusal("open", {EMFILE, ENFILE, ENOMEM})) {
    return std::unexpected(*std::move(refused));
  }
  return machine_.has_mark(pid, identity.token, identity.run);
}

bool SimWorld::carries_mark_of_project(std::int32_t pid, std::uint32_t /*token*/) {
  call();
  const Process* process = machine_.kernel.find(pid);
  return process != nullptr && process->service != nobody;
}

// --- cgroups -------------------------------------------------------------------------------------

std::uint32_t SimWorld::index_of(const std::string& service) const {
  const auto& services = machine_.project.services;
  const auto found = std::ranges::find(services, service, &ServiceSpec::name);
  return static_cast<std::uint32_t>(found - services.begin());
}

Result<bool> SimWorld::is_group_populated(const std::string& service) {
  if (auto refused = refusal("open", {EMFILE, ENOMEM})) {
    return std::unexpected(*std::move(refused));
  }
  return machine_.kernel.has_living(index_of(service));
}

Result<World::Pids> SimWorld::group_members(const std::string& service) {
  if (auto refused = refusal("open", {EMFILE, ENOMEM})) {
    return std::unexpected(*std::move(refused));
  }
  Pids pids;
  for (const Process& process : machine_.kernel.all()) {
    if (process.service == index_of(service) && is_living(process)) {
      pids.push_back(process.pid);
    }
  }
  return pids;
}

Result<> SimWorld::kill_group(const std::string& service) {
  if (auto refused = refusal("kill", {EMFILE, ENOMEM})) {
    return std::unexpected(*std::move(refused));
  }
  std::vector<std::uint64_t> members;
  for (const Process& process : machine_.kernel.all()) {
    if (process.service == index_of(service)) {
      members.push_back(process.serial);
    }
  }
  for (const std::uint64_t serial : is_dead_ ? std::vector<std::uint64_t>{} : members) {
    if (const Process* member = machine_.kernel.with_serial(serial)) {
      deliver(*member, SIGKILL);
    }
  }
  return {};
}

// --- the birth of a run --------------------------------------------------------------------------

Result<OutputPipe> SimWorld::make_output(const ServiceSpec& /*spec*/) {
  if (auto refused = refusal("make pipe", {EMFILE, ENFILE, ENOMEM})) {
    return std::unexpected(*std::move(refused));
  }
  return OutputPipe{.read = machine_.open({}), .write = machine_.open({}), .inode = 1};
}

Result<os::Pipe> SimWorld::make_pipe() {
  if (auto refused = refusal("make pipe", {EMFILE, ENFILE, ENOMEM})) {
    return std::unexpected(*std::move(refused));
  }
  return machine_.make_ready_pipe();
}

Result<bool> SimWorld::has_closed(const os::Fd& pipe) {
  if (auto refused = refusal("poll", {ENOMEM})) {
    return std::unexpected(*std::move(refused));
  }
  return readiness(pipe.get(), os::Interest::read).is_hung_up;
}

Result<os::Fd> SimWorld::duplicate(const os::Fd& fd) {
  if (auto refused = refusal("duplicate", {EMFILE})) {
    return std::unexpected(*std::move(refused));
  }
  return machine_.duplicate(fd.get());
}

void SimWorld::look_at_start(std::uint32_t index, std::uint32_t run) {
  const std::string& name = machine_.project.services[index].name;
  for (const Process& process : machine_.kernel.all()) {
    if (process.service == index && is_living(process)) {
      machine_.object("run " + std::to_string(run) + " of " + name + " begins while pid " +
                      std::to_string(process.pid) + " of run " + std::to_string(process.run) +
                      " lives");
    }
  }
  const ServiceState& now = machine_.written(index);
  if (now.run != run || now.leader != Leader::asked) {
    machine_.object("run " + std::to_string(run) + " of " + name +
                    " begins, and is not written down");
  }
}

Result<os::Started> SimWorld::start(const RunOrder& order, os::raw::ChildSlot& slot) {
  auto refused = refusal("clone", {EAGAIN, ENOMEM, EMFILE, ENOSPC});
  if (is_dead_) {
    return failed("clone", "", EAGAIN);
  }
  const std::uint32_t index = index_of(order.spec.name);
  const std::uint32_t run = order.identity.run;
  const bool is_refused_early = refused && machine_.chance.one_in(2);
  if (is_refused_early) {
    return std::unexpected(*std::move(refused));  // A pipe, or /dev/null, could not be had.
  }
  slot = {.run = run};
  may_die();
  Process* child = refused
                       ? nullptr
                       : machine_.kernel.clone(machine_.kernel.keeper_pid, machine_.director_pid,
                                               index, run, order.spec.kind == Kind::task);
  if (child == nullptr) {
    return std::unexpected(refused ? *std::move(refused)
                                   : Error{.step = "clone", .subject = "", .code = EAGAIN});
  }
  slot.pid = child->pid;
  machine_.story.tell("  run ", run, " of ", order.spec.name, " is pid ", child->pid);
  // Looked at with the child in place: what it may not meet is everybody else.
  const std::uint64_t serial = child->serial;
  child->service = nobody;
  look_at_start(index, run);
  child->service = index;
  if (order.ready_write.is_open()) {
    machine_.ready_ends[run] = os::duplicate(order.ready_write).value();
  }
  may_die();
  return os::Started{.pidfd = machine_.open({.kind = Token::Kind::process, .of = serial}),
                     .pid = slot.pid,
                     .completion = machine_.open({.kind = Token::Kind::completion, .of = serial})};
}

// --- what services say ---------------------------------------------------------------------------

Result<BoundNotifySocket> SimWorld::bind_notify_socket(const ServiceSpec& spec) {
  if (auto refused = refusal("bind", {EMFILE, ENOMEM})) {
    return std::unexpected(*std::move(refused));
  }
  return BoundNotifySocket{
      .socket = machine_.open({.kind = Token::Kind::notify, .of = index_of(spec.name)}),
      .address = "@" + spec.name};
}

Result<std::string> SimWorld::notify_address(const os::Fd& socket) {
  call();
  return "@" + machine_.project.services[machine_.token_of(socket).of].name;
}

Result<Notifications> SimWorld::receive_notifications(const os::Fd& socket) {
  if (auto refused = refusal("receive", {ENOMEM})) {
    return std::unexpected(*std::move(refused));
  }
  Notifications taken;
  for (Notification& note : std::exchange(machine_.notes[machine_.token_of(socket).of], {})) {
    taken.list.push_back(std::move(note));
  }
  return taken;
}

// --- upgrade, and the end ------------------------------------------------------------------------

Result<os::Fd> SimWorld::open_program(const std::string& /*path*/) {
  if (auto refused = refusal("open", {ENOENT, EMFILE})) {
    return std::unexpected(*std::move(refused));
  }
  return machine_.open({});
}

void SimWorld::leave(const Places& /*places*/) {
  call();
  machine_.is_left = true;
}

}  // namespace tend::service::world
