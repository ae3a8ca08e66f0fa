#include "service/walker/state_walker.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <unordered_set>
#include <utility>
#include <vector>

#include "service/walker/invariants.hpp"
#include "service/walker/wishes.hpp"

namespace tend::service::test {

namespace {

/// How a position was first reached, to tell the story of a mistake.
struct Origin {
  std::size_t parent = 0;
  std::size_t depth = 0;
  Move move{};
  int killed_before = not_killed;
};

/// Values as bytes, to be compared and hashed.
class Key {
 public:
  void add(std::int64_t value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    text_.append(bytes, sizeof bytes);
  }
  /// Values below 16, many in one.
  template <typename... Small>
  void pack(Small... small) {
    std::int64_t all = 0;
    ((all = all * 16 + static_cast<std::int64_t>(small)), ...);
    add(all);
  }
  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  std::string text_{};
};

/// Two positions with the same key have the same future: times count from now, and only as far as
/// the policy looks; run ids count only as far as they are the same.
std::string key_of(const Position& position, const Policy& policy) {
  const ServiceState& state = position.state;
  const World& world = position.world;
  Key key;
  key.pack(state.phase, state.leader, state.wanted, state.stop_stage, state.after_stop,
           state.run != 0, std::min(state.attempt, 3U), world.child, world.slot_failed,
           world.slot_run == state.run);
  key.pack(world.outcome.how, world.outcome.is_success(), world.has_leftovers,
           world.got_last_signal, world.is_met, world.watches_ready, world.watches_tree,
           world.must_feed);
  key.add(state.deadline_ns == 0 ? -1
                                 : std::max<std::int64_t>(state.deadline_ns - world.now_ns, 0));
  key.add(state.is_active()
              ? std::min(world.now_ns - state.started_ns, to_ns(policy.restart.reset_after))
              : 0);
  for (std::size_t index = 0; index < state.ends.count; ++index) {
    const std::int64_t age_ns = world.now_ns - state.ends.at_ns[index];
    if (age_ns < to_ns(policy.restart.limit_window)) {
      key.add(age_ns);
    }
  }
  return std::move(key).text();
}

class Walker {
 public:
  Walker(const Machine& machine, const Policy& policy, std::size_t positions_max)
      : machine_(machine),
        policy_(policy),
        director_(machine, policy),
        positions_max_(positions_max) {}

  Walked run() {
    arrive({}, {});
    while (!open_.empty() && mistake_.empty() && origins_.size() < positions_max_) {
      const auto [position, origin] = open_.front();
      open_.pop_front();
      for (int move = 0; move < move_count && mistake_.empty(); ++move) {
        play(position, static_cast<Move>(move), origin);
      }
    }
    return {.mistake = mistake_,
            .positions = origins_.size(),
            .depth = origins_.back().depth,
            .is_complete = open_.empty() && mistake_.empty(),
            .phases = phases_};
  }

 private:
  void play(const Position& position, Move move, std::size_t parent) {
    if (!is_possible(position, move, policy_)) {
      return;
    }
    Origin origin{.parent = parent, .depth = origins_[parent].depth + 1, .move = move};
    if (move == Move::director_dies) {
      arrive(director_.die(position), origin);
    } else if (is_event(move)) {
      for (const Reached& way : director_.tell_or_die(position, move)) {
        origin.killed_before = way.killed_before;
        arrive(way, origin);
      }
    } else {
      arrive({.position = {position.state, moved(position, move, policy_)}}, origin);
    }
  }

  void arrive(const Reached& reached, const Origin& origin) {
    if (!mistake_.empty()) {
      return;
    }
    const bool is_new = seen_.insert(key_of(reached.position, policy_)).second;
    if (!is_new && reached.mistake.empty()) {
      return;
    }
    origins_.push_back(origin);
    phases_[static_cast<std::size_t>(reached.position.state.phase)] = true;
    const std::string objection = objection_at(reached);
    if (objection.empty()) {
      open_.emplace_back(reached.position, origins_.size() - 1);
    } else {
      mistake_ = objection + story();
    }
  }

  std::string objection_at(const Reached& reached) const {
    if (!reached.mistake.empty()) {
      return reached.mistake;
    }
    const Position& position = reached.position;
    std::string objection = objection_to(position, policy_);
    if (objection.empty()) {
      objection = objection_to_nonsense(machine_, position, policy_);
    }
    for (const auto look :
         {objection_to_stop, objection_to_start, objection_to_restart, objection_to_patience}) {
      if (objection.empty()) {
        objection = look(director_, position, policy_);
      }
    }
    return objection;
  }

  /// The moves that led to the last position.
  std::string story() const {
    std::vector<std::string> lines;
    for (std::size_t at = origins_.size() - 1; at != 0; at = origins_[at].parent) {
      const Origin& origin = origins_[at];
      std::string line = word(origin.move);
      if (origin.killed_before != not_killed) {
        line += " (director killed before action " + std::to_string(origin.killed_before) + ")";
      }
      lines.push_back(std::move(line));
    }
    std::string text = ", after:";
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
      text += "\n  " + *line;
    }
    return text;
  }

  Machine machine_;
  Policy policy_;
  FakeDirector director_;
  std::size_t positions_max_;
  std::unordered_set<std::string> seen_{};
  std::vector<Origin> origins_{};
  std::deque<std::pair<Position, std::size_t>> open_{};
  std::array<bool, phase_count> phases_{};
  std::string mistake_{};
};

}  // namespace

Walked walk(const Machine& machine, const Policy& policy, std::size_t positions_max) {
  return Walker(machine, policy, positions_max).run();
}

}  // namespace tend::service::test
