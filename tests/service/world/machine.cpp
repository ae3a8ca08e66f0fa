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
  for (const Stored& entry : state.stored()) {
    keeper::drop(view, entry.kind, entry.record, entry.run);
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
  if (!kernel.is_calm() && chance.one_in(6)) {
    // From a stranger; who is alive must not be believed.
    for (const Process& other : kernel.all()) {
      note.sender.pid = other.service == nobody ? other.pid : note.sender.pid;
    }
    note.sender.uid = 1000;
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

/// How each leader ended, before anybody can reap it.
void Machine::note_ends() {
  for (const Process& process : kernel.all()) {
    if (process.is_leader && process.life == Life::zombie && !ended.contains(process.run)) {
      ended[process.run] = {.service = process.service, .death = process.death};
    }
    if (process.is_leader && process.life == Life::zombie) {
      ready_ends.erase(process.run);
    }
  }
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

// --- the keeper ----------------------------------------------------------------------------------

/// waitid(2) of the keeper on this kernel: one zombie at a time, the oldest first.
keeper::Children Machine::keepers_children() {
  const auto peek = [](void* self, int pid, siginfo_t& info, rusage& /*usage*/) noexcept {
    const Machine& machine = *static_cast<Machine*>(self);
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
    if (child != nullptr && child->parent == machine.kernel.keeper_pid) {
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
      keeper::bury_acknowledged(view, message.record, no_helpers, keepers_children());
      Message answer = message;
      answer.type = MessageType::stored;
      const bool is_full = fails();
      if (is_full || keeper::keep(view, message, sent.attached.get()) == nullptr) {
        answer.value = ENOSPC;
      } else {
        static_cast<void>(sent.attached.release());
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
  while (!to_keeper.empty()) {
    Sent next = std::move(to_keeper.front());
    to_keeper.pop_front();
    take_message(std::move(next));
  }
  if (keeper::reap(view, no_helpers, keepers_children()).has_reported) {
    is_report_event_raised = true;
  }
  if (chance.one_in(3)) {
    turn_recorder();
  }
}

}  // namespace tend::service::world
