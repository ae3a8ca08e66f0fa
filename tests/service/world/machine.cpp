#include "service/world/machine.hpp"

#include <fcntl.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "os/files.hpp"
#include "os/raw/spawn_step.hpp"
#include "service/keeper/descriptor_store.hpp"
#include "service/keeper/reaper.hpp"

namespace tend::service::world {

namespace {

using keeper::Message;
using keeper::MessageType;

/// The director is buried by hand when it is killed.
constexpr int no_helpers[] = {0};

constexpr std::size_t notes_max = 11;  ///< net.unix.max_dgram_qlen and one.

}  // namespace

Machine::Machine(Chance& chance_of, const Story& story_of, StateFile& state_of,
                 const ProjectSpec& project_of)
    : chance(chance_of),
      story(story_of),
      state(state_of),
      project(project_of),
      kernel(chance_of, story_of),
      notes(project_of.services.size()),
      null_(os::open_file("/dev/null", O_RDONLY).value()),
      written_(project_of.services.size()) {
  look_into(state.bytes().data(), state.bytes().size(), view);
}

Machine::~Machine() {
  if (has_keeper()) {
    lose_stored();
  }
}

/// The table stays as it is: whoever takes over reads it.
void Machine::lose_stored() {
  for (const Stored& entry : state.stored()) {
    if (entry.kind != StoredKind::none) {
      static_cast<void>(os::Fd(entry.fd));
    }
  }
}

const ServiceState& Machine::written(std::uint32_t index) {
  const std::uint64_t sequence = reinterpret_cast<const Record*>(view.records)[index].sequence;
  Written& known = written_[index];
  if (known.sequence != sequence) {
    known = {.sequence = sequence, .state = state.record(index).state};
  }
  return known.state;
}

void Machine::object(std::string what) {
  if (mistake.empty()) {
    mistake = std::move(what);
  }
}

bool Machine::fails() {
  const bool does = fault_rate != 0 && chance.one_in(fault_rate);
  failed_calls += does ? 1 : 0;
  return does;
}

// --- descriptors ---------------------------------------------------------------------------------

void Machine::name(const os::Fd& fd, Token token) {
  const auto number = static_cast<std::size_t>(fd.get());
  tokens_.resize(std::max(tokens_.size(), number + 1));
  tokens_[number] = token;
}

os::Fd Machine::open(Token token) {
  os::Fd fd = os::duplicate(null_).value();
  name(fd, token);
  return fd;
}

Token Machine::token_of(int number) const {
  const auto at = static_cast<std::size_t>(number);
  return number >= 0 && at < tokens_.size() ? tokens_[at] : Token{};
}

os::Fd Machine::duplicate(int number) {
  os::Fd original(number);
  os::Fd copy = os::duplicate(original).value();
  static_cast<void>(original.release());  // It stays its owner's.
  name(copy, token_of(number));
  return copy;
}

os::Pipe Machine::make_ready_pipe() {
  os::Pipe made = os::make_pipe().value();
  name(made.read, {.kind = Token::Kind::ready_pipe});
  name(made.write, {});
  return made;
}

// --- services ------------------------------------------------------------------------------------

void Machine::say_something(const Process& process) {
  const ServiceSpec& spec = project.services[process.service];
  if (spec.ready.means == ReadyMeans::fd && process.is_leader) {
    if (const auto end = ready_ends.find(process.run); end != ready_ends.end()) {
      static_cast<void>(os::write_without_signal(end->second, "\n"));
      said_ready.insert(process.run);
    }
    return;
  }
  auto& queue = notes[process.service];
  if (spec.ready.means != ReadyMeans::notify || queue.size() >= notes_max) {
    return;
  }
  NotifyMessage message{};
  switch (kernel.is_calm() ? 0 : chance.below(5)) {
    case 0:
    case 1: message.ready = true; break;
    case 2: message.reloading = true; break;
    case 3: message.status = "at work"; break;
    default: message.extend_timeout = std::chrono::microseconds(chance.below(2'000'000)); break;
  }
  Notification note{.message = message, .sender = {.pid = process.pid}};
  const auto stranger = std::ranges::find(kernel.all(), nobody, &Process::service);
  if (!kernel.is_calm() && chance.one_in(6) && stranger != kernel.all().end()) {
    // Who is alive must not be believed.
    note.sender = {.pid = stranger->pid, .uid = 1000};
    // A message shows no more than a pid: the director cannot tell that it has changed hands since.
    kernel.reserve(note.sender.pid);
  } else if (message.ready) {
    said_ready.insert(process.run);
  }
  queue.push_back(std::move(note));
}

void Machine::execute_or_fail(Process& process) {
  ChildSlot& slot = state.slot(process.service);
  const bool is_slot_of_it = slot.run == process.run;
  if (!kernel.is_calm() && is_slot_of_it && chance.one_in(8)) {
    store_shared(slot.step, os::raw::packed_step(os::raw::SpawnStep::exec, 0));
    store_shared(slot.error, ENOENT);
    kernel.end(process.pid, {.code = CLD_EXITED, .status = 127});
  } else if (!kernel.is_calm() && chance.one_in(12)) {
    kernel.end(process.pid, {.code = CLD_KILLED, .status = SIGKILL});
  } else {
    kernel.execute(process);
  }
}

void Machine::move_born() {
  for (const Process& process : kernel.all()) {
    if (process.life == Life::born && (kernel.is_calm() || chance.one_in(2))) {
      execute_or_fail(*kernel.find(process.pid));
      return;
    }
  }
}

/// Of each leader, before anything else happens: who could know how it ended.
void Machine::note_ends() {
  for (const auto& [run, ended] : kernel.ended()) {
    if (!noted_.insert(run).second) {
      continue;
    }
    ready_ends.erase(run);
    if (!ended.was_keepers && !(tells_ends && is_held(ended.serial))) {
      unknowable_.insert(run);
    }
  }
}

bool Machine::is_end_known(std::uint32_t run) {
  note_ends();
  return !unknowable_.contains(run);
}

bool Machine::is_held(std::uint64_t serial) const {
  const auto holds = [&](const Stored& entry) {
    return entry.kind == StoredKind::leader && token_of(entry.fd).of == serial;
  };
  return recorder.holds(serial) || (has_keeper() && std::ranges::any_of(state.stored(), holds));
}

void Machine::move() {
  switch (chance.below(4)) {
    case 0: move_born(); break;
    case 1:
      if (!kernel.is_calm() && chance.one_in(3)) {
        kernel.churn();
      }
      break;
    case 2: kernel.move(); break;
    default: {
      std::vector<std::int32_t> speakers;
      for (const Process& process : kernel.all()) {
        if (process.service != nobody && process.life == Life::running && !process.is_stopped) {
          speakers.push_back(process.pid);
        }
      }
      if (!speakers.empty()) {
        say_something(*kernel.find(speakers[chance.below(speakers.size())]));
      }
      break;
    }
  }
  note_ends();
}

bool Machine::let_all_finish() {
  bool has_changed = kernel.finish_all();
  std::vector<std::int32_t> everybody;
  std::ranges::transform(kernel.all(), std::back_inserter(everybody), &Process::pid);
  for (const std::int32_t pid : everybody) {
    Process* process = kernel.find(pid);
    if (process == nullptr || process->service == nobody || process->is_stopped) {
      continue;
    }
    if (process->life == Life::born) {
      execute_or_fail(*process);
      has_changed = true;
    }
    const ServiceState& now = written(process->service);
    const bool has_to_speak = now.phase == Phase::starting || now.phase == Phase::reloading;
    if (process->is_leader && process->life == Life::running && has_to_speak &&
        notes[process->service].empty()) {
      say_something(*process);
    }
  }
  note_ends();
  return has_changed;
}

// --- what is seen of processes -------------------------------------------------------------------

bool Machine::has_mark(std::int32_t pid, std::uint32_t token, std::uint32_t run) {
  const Process* process = kernel.find(pid);
  // The limit can be read of a zombie, the environment not.
  const bool is_readable = process != nullptr && (is_mark_a_limit || process->life != Life::zombie);
  return is_readable && process->service != nobody && process->run == run &&
         token == state.header().mark_token;
}

std::optional<os::Fd> Machine::open_leader(const KnownLeader& leader) {
  const Process* process = leader.pid > 0 ? kernel.find(leader.pid) : nullptr;
  if (process == nullptr ||
      !is_same(leader, {.start_ticks = process->start_ticks,
                        .has_mark = has_mark(leader.pid, leader.token, leader.run)})) {
    return std::nullopt;
  }
  return open({.kind = Token::Kind::process, .of = process->serial});
}

ProcessEnd Machine::end_of(std::uint64_t serial) {
  using enum ProcessEnd::Known;
  if (const Process* process = kernel.with_serial(serial)) {
    return {.known = process->life == Life::zombie ? not_yet : lives};
  }
  ProcessEnd end{.known = all};
  for (const auto& [run, ended] : kernel.ended()) {
    if (tells_ends && ended.serial == serial) {
      constexpr int core = 0x80;
      const auto& [code, status] = ended.death;
      end.status = ExitStatus::from_wait_status(code == CLD_EXITED   ? status << 8
                                                : code == CLD_DUMPED ? status | core
                                                                     : status);
    }
  }
  return end;
}

// --- the keeper ----------------------------------------------------------------------------------

/// One step of its own: a call, or a word in the state file.
bool Machine::keeper_dies() {
  if (keeper_steps_left_ != 0) {
    --keeper_steps_left_;
    is_keeper_dying_ = is_keeper_dying_ || keeper_steps_left_ == 0;
  }
  return is_keeper_dying_;
}

/// Its director dies with it. Who was its child is init's, who reaps at once.
void Machine::kill_keeper() {
  story.tell("  the keeper is killed");
  ++keeper_deaths;
  keeper_steps_left_ = 0;
  is_keeper_dying_ = false;
  note_ends();
  recorder.lose_keeper();
  lose_stored();
  to_keeper.clear();
  to_director.clear();
  is_upgrade_begun = is_report_event_raised = false;
  kernel.kill_keeper();
  if (chance.one_in(4)) {
    story.tell("  the recorder is killed");
    recorder.die();
  }
  note_ends();
  forget_unreported();
}

/// Ends that only the dead had seen: those of its own children, and those of whom nobody holds a
/// pidfd any more.
void Machine::forget_unreported() {
  for (const auto& [run, ended] : kernel.ended()) {
    const bool is_seen = !ended.was_keepers && is_held(ended.serial);
    if (!is_seen && !state.has_report(ended.service, run)) {
      unknowable_.insert(run);
    }
  }
}

bool Machine::begin_keeper(const FirstDescriptors& first) {
  const Process* process = kernel.add(init_pid);
  if (process == nullptr || !first.write_to(state)) {
    return false;
  }
  for (Stored& entry : state.stored()) {
    if (entry.kind != StoredKind::none) {
      entry.fd = duplicate(entry.fd).release();
    }
  }
  kernel.keeper_pid = process->pid;
  state.header().keeper.keeper_pid = process->pid;
  keeper::mark_passed_by_exec(view);
  recorder.begin_anew();
  story.tell("a keeper begins");
  return true;
}

/// waitid(2) of the keeper on this kernel: one zombie at a time, the oldest first.
keeper::Children Machine::keepers_children() {
  const auto peek = [](void* self, int pid, siginfo_t& info, rusage& /*usage*/) noexcept {
    Machine& machine = *static_cast<Machine*>(self);
    if (machine.keeper_dies()) {
      return false;
    }
    for (const Process& child : machine.kernel.all()) {
      const bool is_meant = pid == 0 || child.pid == pid;
      if (is_meant && child.life == Life::zombie && child.parent == machine.kernel.keeper_pid) {
        info.si_pid = child.pid;
        info.si_code = child.death.code;
        info.si_status = child.death.status;
        return true;
      }
    }
    return false;
  };
  const auto bury = [](void* self, int pid) noexcept {
    Machine& machine = *static_cast<Machine*>(self);
    const Process* child = machine.kernel.find(pid);
    if (!machine.keeper_dies() && child != nullptr && child->parent == machine.kernel.keeper_pid) {
      machine.look_at_burial(*child);
      machine.kernel.reap(pid);
    }
  };
  return {.self = this, .peek = peek, .bury = bury};
}

void Machine::look_at_burial(const Process& leader) {
  if (leader.is_leader && leader.service != nobody &&
      state.acknowledged(leader.service) < leader.run) {
    object("the leader of run " + std::to_string(leader.run) +
           " is reaped, and nobody acknowledged its end");
  }
}

void Machine::take_message(Sent sent) {
  const Message& message = sent.message;
  story.tell("  the keeper hears message ", static_cast<int>(message.type), " about run ",
             message.run);
  switch (message.type) {
    case MessageType::store: {
      if (keeper::bury_acknowledged(view, message.record, no_helpers, keepers_children())) {
        is_report_event_raised = true;
      }
      Message answer = message;
      answer.type = MessageType::stored;
      Stored* entry = fails() ? nullptr : keeper::keep(view, message, sent.attached.get());
      if (entry == nullptr) {
        answer.value = ENOSPC;
      } else {
        static_cast<void>(sent.attached.release());
        const bool is_recorder_slow = chance.one_in(12);
        entry->passed = is_recorder_slow ? Passed::not_yet : Passed::by_message;
      }
      to_director.push_back(answer);
      return;
    }
    case MessageType::drop: keeper::drop(view, message.kind, message.record, message.run); return;
    case MessageType::finish:
      is_keeper_finished = true;
      exit_code = message.value;
      return;
    case MessageType::upgrade:
      if (chance.one_in(2)) {
        is_upgrade_begun = true;
      } else {
        to_director.push_back({.type = MessageType::upgraded, .value = ENOEXEC});
      }
      return;
    case MessageType::acknowledge:
    case MessageType::none:
    case MessageType::stored:
    case MessageType::pass:
    case MessageType::log_ended:
    case MessageType::upgraded: return;
  }
}

/// The recorder says when a log pipe has come to its end.
void Machine::turn_recorder() {
  for (std::uint32_t i = 0; i < view.header->stored_count; ++i) {
    const Stored& entry = view.stored[i];
    if (entry.kind != StoredKind::log_pipe) {
      continue;
    }
    const ServiceState& now = written(entry.record);
    const bool is_being_born = now.run == entry.run && now.leader == Leader::asked;
    if (!is_being_born && !kernel.has_living_of_run(entry.run)) {
      keeper::drop(view, StoredKind::log_pipe, entry.record, entry.run);
    }
  }
}

void Machine::turn_keeper() {
  note_ends();
  if (!has_keeper()) {
    recorder.turn();
    return;
  }
  while (!to_keeper.empty() && !keeper_dies()) {
    Sent next = std::move(to_keeper.front());
    to_keeper.pop_front();
    take_message(std::move(next));
  }
  if (!is_keeper_dying_ && keeper::reap(view, no_helpers, keepers_children()).has_reported) {
    is_report_event_raised = true;
  }
  if (is_keeper_dying_) {
    kill_keeper();
    return;
  }
  if (chance.one_in(3)) {
    turn_recorder();
  }
}

}  // namespace tend::service::world
