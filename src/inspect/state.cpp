#include <tend/inspect/state.hpp>

#include <algorithm>
#include <array>

namespace tend::inspect {

namespace {

struct Entry {
  State state;
  char letter;
  std::string_view name;
  std::string_view meaning;
};

constexpr std::array<Entry, 10> table{{
    {State::unknown, '?', "unknown", "in a state that this version of tend does not know"},
    {State::running, 'R', "running", "runs, or waits for a free processor"},
    {State::sleeping, 'S', "sleeping", "waits for an event; a signal wakes it"},
    {State::uninterruptible, 'D', "uninterruptible",
     "waits in the kernel, usually for a disk or network file system; no signal reaches it until "
     "then, not even KILL"},
    {State::stopped, 'T', "stopped", "stopped by a signal; SIGCONT lets it go on"},
    {State::traced, 't', "traced", "stopped by its debugger"},
    {State::zombie, 'Z', "zombie",
     "has ended; its parent has not asked for its status yet, so its pid stays taken"},
    {State::dead, 'X', "dead", "has ended and is being removed"},
    {State::parked, 'P', "parked", "a thread of the kernel that is put aside for now"},
    {State::idle, 'I', "idle", "a thread of the kernel that has nothing to do"},
}};

const Entry& entry_of(State state) {
  const auto* found = std::ranges::find(table, state, &Entry::state);
  return found == table.end() ? table.front() : *found;
}

}  // namespace

State state_of(char letter) {
  // Linux before 4.14 wrote x for dead in places.
  const auto* found = std::ranges::find(table, letter == 'x' ? 'X' : letter, &Entry::letter);
  return found == table.end() ? State::unknown : found->state;
}

char letter_of(State state) { return entry_of(state).letter; }

std::string_view name_of(State state) { return entry_of(state).name; }

std::string_view meaning_of(State state) { return entry_of(state).meaning; }

}  // namespace tend::inspect
