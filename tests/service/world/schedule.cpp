#include "service/world/schedule.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "service/director/director.hpp"
#include "service/exit_report.hpp"
#include "service/world/project.hpp"
#include "service/world/sim_world.hpp"
#include "service/world/take_over.hpp"

namespace tend::service::world {

namespace {

constexpr std::uint32_t moves_max = 120;
constexpr std::uint32_t settling_max = 5'000;
constexpr std::int64_t day_ns = 86'400'000 * ms;

/// What a client wished last for a service; unknown when the director died over it.
enum class Wish : std::uint8_t { unknown, up, down };

/// What was seen of a service when it was looked at last.
struct Seen {
  std::uint32_t run = 0;
  std::uint32_t restarts = 0;
  std::uint32_t acknowledged = 0;
  Phase phase = Phase::stopped;
  Leader leader = Leader::none;
};

std::string text_of(const Outcome& outcome) {
  return std::to_string(static_cast<int>(outcome.how)) + "/" + std::to_string(outcome.value);
}

StateFile make_state(const os::Fd& folder, const ProjectSpec& project, Chance& chance,
                     std::vector<Wish>& wishes) {
  const DependencyGraph graph(project);
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t i = 0; i < project.services.size(); ++i) {
    if (!chance.one_in(4)) {
      chosen.push_back(i);
    }
  }
  std::vector<ServiceState> initial(project.services.size());
  for (const std::uint32_t index : graph.with_requirements(chosen)) {
    initial[index].wanted = true;
    initial[index].phase = Phase::waiting;
    wishes[index] = Wish::up;
  }
  StateFile state = StateFile::create_at(folder, "state", project, initial).value();
  constexpr std::uint32_t token = 0x0012'3456;
  state.header().mark_token = token;
  return state;
}

class Schedule {
 public:
  Schedule(std::uint64_t seed, const os::Fd& folder, std::ostream* story);
  ~Schedule();
  Schedule(const Schedule&) = delete;
  Schedule& operator=(const Schedule&) = delete;

  Played play();

 private:
  // Moves.
  void move();
  void disturb();
  void pass_time();
  bool let_client_take();
  void hang_up();
  void ask();
  void ask(const Request& request);
  [[nodiscard]] Request random_request();

  // The director.
  template <typename Work>
  void within_director(const Work& work);
  void begin_director();
  void turn_director();
  void lose_director();

  // The keeper.
  void kill_keeper();
  void bring_back_keeper();
  [[nodiscard]] bool is_awake() const;

  // What must hold.
  void look();
  void look_at(std::uint32_t index);
  void look_at_end_of(std::uint32_t index, const ServiceState& now);
  void look_at_answer(const Asked& asked);
  void settle();
  void look_at_calm();
  void look_at_wish(const ServiceUnit& unit);
  void look_at_orders();
  void look_at_over();

  [[nodiscard]] const std::string& name(std::uint32_t index) const {
    return project_.services[index].name;
  }
  [[nodiscard]] std::vector<std::uint32_t> targets_of(const Request& request) const;
  [[nodiscard]] std::vector<Standing> standings();
  [[nodiscard]] bool is_going_down() const { return state_.header().director.stopping != 0; }

  Chance chance_;
  Story story_;
  ProjectSpec project_;
  DependencyGraph graph_;
  std::vector<Wish> wishes_;
  StateFile state_;
  Machine machine_;
  Ledger ledger_{};
  std::vector<Seen> seen_;
  std::unique_ptr<SimWorld> world_{};
  std::unique_ptr<Director> director_{};
  std::int64_t wake_ns_ = 0;
  bool owes_turn_ = true;
  bool is_over_ = false;
  std::uint32_t death_rate_;
  std::uint32_t keeper_death_rate_;
  std::uint32_t fault_rate_;
  std::uint64_t last_client_ = 0;
  Played played_{};
};

Schedule::Schedule(std::uint64_t seed, const os::Fd& folder, std::ostream* story)
    : chance_(seed),
      story_(story),
      project_(random_project(chance_)),
      graph_(project_),
      wishes_(project_.services.size(), Wish::down),
      state_(make_state(folder, project_, chance_, wishes_)),
      machine_(chance_, story_, state_, project_),
      seen_(project_.services.size()),
      death_rate_(chance_.pick({0U, 8U, 20U, 60U})),
      keeper_death_rate_(chance_.pick({0U, 0U, 20U, 100U})),
      fault_rate_(chance_.pick({0U, 8U, 30U, 150U})) {
  machine_.has_groups = chance_.one_in(2);
  machine_.is_mark_a_limit = !chance_.one_in(3);
  machine_.tells_ends = chance_.one_in(2);
  machine_.kernel.keeper_pid = machine_.kernel.add(init_pid)->pid;
  state_.header().keeper.keeper_pid = machine_.kernel.keeper_pid;
  state_.stored().front() = {.kind = StoredKind::report_event,
                             .fd = machine_.open({.kind = Token::Kind::report_event}).release()};
}

Schedule::~Schedule() {
  if (director_) {
    world_->kill();
  }
  director_.reset();
}

// --- the director --------------------------------------------------------------------------------

template <typename Work>
void Schedule::within_director(const Work& work) {
  if (!machine_.kernel.is_calm() && death_rate_ != 0 && chance_.one_in(death_rate_)) {
    world_->die_after(1 + chance_.below(chance_.pick({4U, 40U})));
  }
  try {
    work();
    if (world_) {
      world_->die_after(0);
    }
  } catch (const Killed&) {
    lose_director();
  }
}

void Schedule::begin_director() {
  const Process* process = machine_.kernel.add(machine_.kernel.keeper_pid);
  if (process == nullptr) {
    return;
  }
  machine_.director_pid = process->pid;
  story_.tell("a director begins");
  machine_.to_director.clear();
  world_ = std::make_unique<SimWorld>(
      machine_, ledger_, [this](ClientId, const Asked& asked) { look_at_answer(asked); });
  within_director([this] {
    auto made = Director::make(os::duplicate(state_.fd()).value(), *world_);
    if (made) {
      director_ = *std::move(made);
      owes_turn_ = true;
    } else {
      lose_director();
    }
  });
}

void Schedule::lose_director() {
  ++played_.director_deaths;
  story_.tell("the director is gone");
  world_->kill();
  director_.reset();
  world_.reset();
  machine_.kernel.end(machine_.director_pid, {});
  machine_.kernel.reap(machine_.director_pid);
  machine_.director_pid = 0;
  for (auto& [id, asked] : ledger_) {
    asked.is_gone = asked.is_gone || !asked.done;
    asked.source = {};
  }
}

// --- the keeper ----------------------------------------------------------------------------------

/// Now, or in the middle of one of its next turns. Once the project is over nobody takes over.
void Schedule::kill_keeper() {
  if (machine_.is_left || !machine_.has_keeper()) {
    return;
  }
  if (chance_.one_in(2)) {
    machine_.kill_keeper();
  } else {
    machine_.kill_keeper_after(1 + chance_.below(8));
  }
}

/// A `tend up`, with or without names. It also takes back a `tend down` that was cut short.
void Schedule::bring_back_keeper() {
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t i = 0; i < project_.services.size(); ++i) {
    if (is_going_down() || chance_.one_in(2)) {
      chosen.push_back(i);
    }
  }
  const bool has_wishes = is_going_down() || chance_.one_in(4);
  const auto wished = graph_.with_requirements(chosen, standings());
  const bool is_calm = machine_.kernel.is_calm();
  const std::uint32_t dies_after = is_calm || chance_.below(3) != 0 ? 0 : 1 + chance_.below(16);
  const bool is_there = take_over(
      machine_, has_wishes ? std::optional(std::span<const std::uint32_t>(chosen)) : std::nullopt,
      dies_after);
  for (const std::uint32_t index : has_wishes ? wished : std::vector<std::uint32_t>{}) {
    wishes_[index] = is_there && machine_.written(index).wanted ? Wish::up : Wish::unknown;
  }
}

void Schedule::turn_director() {
  within_director([this] {
    const auto code = director_->turn();
    owes_turn_ = world_->sleep().count() == 0;
    wake_ns_ = machine_.now_ns + std::chrono::nanoseconds(world_->sleep()).count();
    if (!code) {
      lose_director();
    } else if (*code) {
      is_over_ = true;
    }
  });
}

bool Schedule::is_awake() const {
  return owes_turn_ || world_->has_news() || machine_.now_ns >= wake_ns_;
}

// --- moves ---------------------------------------------------------------------------------------

void Schedule::pass_time() {
  const std::int64_t rest_ns = wake_ns_ - machine_.now_ns;
  switch (chance_.below(8)) {
    case 0: machine_.now_ns += 3'600'000 * ms; break;  // A suspended machine.
    case 1: machine_.wall_offset_ns += chance_.one_in(2) ? day_ns : -day_ns; break;
    case 2:
    case 3: machine_.now_ns += chance_.below(20) * ms; break;
    default:
      if (rest_ns > 0 && rest_ns < day_ns / 2) {
        machine_.now_ns = wake_ns_;
      }
      break;
  }
}

std::vector<Standing> Schedule::standings() {
  std::vector<Standing> standings;
  for (std::uint32_t i = 0; i < project_.services.size(); ++i) {
    standings.push_back(standing_of(machine_.written(i)));
  }
  return standings;
}

std::vector<std::uint32_t> Schedule::targets_of(const Request& request) const {
  std::vector<std::uint32_t> targets;
  for (std::uint32_t i = 0; i < project_.services.size(); ++i) {
    if (request.names.empty() || std::ranges::find(request.names, name(i)) != request.names.end()) {
      targets.push_back(i);
    }
  }
  return targets;
}

Request Schedule::random_request() {
  Request request{
      .verb = chance_.pick({Verb::start, Verb::start, Verb::stop, Verb::stop, Verb::restart,
                            Verb::restart, Verb::status, Verb::watch, Verb::hurry, Verb::upgrade})};
  if (chance_.one_in(40)) {
    request.verb = Verb::down;
  }
  for (const ServiceSpec& spec : project_.services) {
    if (request.verb != Verb::down && chance_.one_in(2)) {
      request.names.push_back(spec.name);
    }
  }
  switch (chance_.below(5)) {
    case 0: request.wait_ms = 0; break;
    case 1: request.wait_ms = 1 + chance_.below(500); break;
    default: break;
  }
  return request;
}

void Schedule::ask() { ask(random_request()); }

void Schedule::ask(const Request& request) {
  if (!world_->is_accepting()) {
    return;
  }
  const ClientId client{++last_client_};
  Asked& asked = ledger_[client];
  asked.request = request;
  for (std::uint32_t i = 0; i < project_.services.size(); ++i) {
    asked.runs_before.push_back(machine_.written(i).run);
  }
  ++played_.orders;
  story_.tell("client ", last_client_, " asks for ", word(request.verb),
              request.names.empty() ? " of all" : "");
  for (const std::string& service : request.names) {
    story_.tell("  of ", service);
  }
  const bool is_refused = is_going_down() && request.verb != Verb::stop;
  const auto wish = [&, standings = standings()](Wish what) {
    const auto targets = targets_of(request);
    const auto affected = request.verb == Verb::start ? graph_.with_requirements(targets, standings)
                          : request.verb == Verb::stop ? graph_.with_dependents(targets)
                                                       : targets;
    for (const std::uint32_t index : affected) {
      wishes_[index] = what;
    }
  };
  const bool is_wish = !is_refused && (request.verb == Verb::start || request.verb == Verb::stop ||
                                       request.verb == Verb::restart);
  if (is_wish) {
    wish(Wish::unknown);  // Until the director has taken it.
  }
  owes_turn_ = true;
  within_director([&] {
    director_->on_request(client, request);
    if (is_wish) {
      wish(request.verb == Verb::stop ? Wish::down : Wish::up);
    }
  });
}

/// The next line of an answer; whether somebody took one.
bool Schedule::let_client_take() {
  for (auto& [id, asked] : ledger_) {
    if (!asked.source || asked.is_gone || asked.done) {
      continue;
    }
    owes_turn_ = true;
    within_director([&] {
      const auto line = asked.source();
      if (!line || std::holds_alternative<Done>(*line)) {
        asked.source = {};
      }
      if (line && std::holds_alternative<Done>(*line)) {
        asked.done = std::get<Done>(*line);
      }
    });
    return true;
  }
  return false;
}

void Schedule::hang_up() {
  for (auto& [id, asked] : ledger_) {
    if (!asked.done && !asked.is_gone && chance_.one_in(2)) {
      asked.is_gone = true;
      asked.source = {};
      owes_turn_ = true;
      within_director([&, client = id] { director_->on_gone(client); });
      return;
    }
  }
}

void Schedule::disturb() {
  switch (chance_.below(8)) {
    case 0: machine_.fault_rate = machine_.fault_rate != 0 ? 0 : fault_rate_; break;
    case 1: pass_time(); break;
    case 2: let_client_take(); break;
    case 3: hang_up(); break;
    case 4:
      if (death_rate_ != 0 && chance_.one_in(death_rate_)) {
        lose_director();  // In its sleep.
      }
      break;
    default: ask(); break;
  }
}

void Schedule::move() {
  ++played_.moves;
  if (!machine_.has_keeper()) {
    if (director_) {
      lose_director();
    } else if (chance_.one_in(3)) {
      bring_back_keeper();
    }
  } else if (!director_) {
    if (machine_.to_keeper.empty()) {
      begin_director();
    } else {
      machine_.turn_keeper();  // What the last one sent still counts, and before there is a next.
    }
  } else if (machine_.is_upgrade_begun) {
    machine_.is_upgrade_begun = false;
    lose_director();
  }
  const std::uint32_t what = chance_.below(10);
  if (what < 4) {
    machine_.move();
  } else if (what < 6) {
    if (keeper_death_rate_ != 0 && chance_.one_in(keeper_death_rate_)) {
      kill_keeper();
    }
    machine_.turn_keeper();
  } else if (director_ && what == 6) {
    disturb();
  } else if (director_ && is_awake()) {
    turn_director();
  } else if (director_) {
    pass_time();
  }
}

// --- what must always hold -----------------------------------------------------------------------

void Schedule::look_at_end_of(std::uint32_t index, const ServiceState& now) {
  const auto ended = machine_.kernel.ended().find(now.run);
  const ChildSlot& slot = state_.slot(index);
  if (now.leader != Leader::none || ended == machine_.kernel.ended().end() || slot.run != now.run ||
      slot.step != 0) {
    return;
  }
  const Outcome& told = now.last;
  const bool is_too_late = told.how == Outcome::How::not_started && told.value == ETIMEDOUT;
  const Outcome truth = outcome_of(ExitReport{
      .run = now.run, .code = ended->second.death.code, .status = ended->second.death.status});
  const bool is_lost = told.how == Outcome::How::unknown && !machine_.is_end_known(now.run);
  if (told != truth && !is_too_late && !is_lost) {
    machine_.object(name(index) + ": the end of run " + std::to_string(now.run) + " is told as " +
                    text_of(told) + " and was " + text_of(truth));
  }
}

void Schedule::look_at(std::uint32_t index) {
  const ServiceState& now = machine_.written(index);
  Seen& seen = seen_[index];
  if (now.phase != seen.phase || now.run != seen.run || now.leader != seen.leader) {
    story_.tell(name(index), " is ", word(now.phase), ", run ", now.run);
  }
  const std::uint32_t acknowledged = state_.acknowledged(index);
  if (now.run < seen.run || now.restarts < seen.restarts || acknowledged < seen.acknowledged) {
    machine_.object(name(index) + ": a run, a counter or an acknowledgement goes backwards");
  }
  if (now.restarts - seen.restarts > now.run - seen.run + 1) {
    machine_.object(name(index) + ": more restarts are counted than there were");
  }
  if (acknowledged != seen.acknowledged && acknowledged == now.run && now.leader != Leader::none) {
    machine_.object(name(index) + ": the end of run " + std::to_string(now.run) +
                    " is acknowledged before it is dealt with");
  }
  const ReadyMeans means = project_.services[index].ready.means;
  if (now.phase == Phase::up && (means == ReadyMeans::notify || means == ReadyMeans::fd) &&
      !machine_.said_ready.contains(now.run)) {
    machine_.object(name(index) + ": run " + std::to_string(now.run) +
                    " is taken for ready, and never said so");
  }
  look_at_end_of(index, now);
  seen = {.run = now.run,
          .restarts = now.restarts,
          .acknowledged = acknowledged,
          .phase = now.phase,
          .leader = now.leader};
}

void Schedule::look() {
  for (std::uint32_t i = 0; i < project_.services.size(); ++i) {
    look_at(i);
  }
}

/// In the moment of the answer.
void Schedule::look_at_answer(const Asked& asked) {
  if (asked.answers > 1) {
    machine_.object("an order is answered twice");
  }
  const Request& request = asked.request;
  if (asked.done->code != 0 || request.wait_ms == 0) {
    return;
  }
  const bool is_stop = request.verb == Verb::stop || request.verb == Verb::down;
  for (const std::uint32_t index : targets_of(request)) {
    const ServiceState& now = machine_.written(index);
    if (is_stop && machine_.kernel.has_living(index)) {
      machine_.object(std::string(word(request.verb)) + ": said to be done while " + name(index) +
                      " has processes");
    }
    if (request.verb == Verb::restart && now.run == asked.runs_before[index]) {
      machine_.object("restart: said to be done, and " + name(index) + " is the same run");
    }
  }
}

// --- when all is calm ----------------------------------------------------------------------------

void Schedule::settle() {
  story_.tell("the machine calms down");
  machine_.kernel.calm_down();
  machine_.fault_rate = 0;
  machine_.kill_keeper_after(0);
  int idle = 0;
  for (std::uint32_t turn = 0; turn < settling_max; ++turn) {
    if (!machine_.mistake.empty() || (is_over_ && !machine_.let_all_finish())) {
      break;
    }
    if (is_over_) {
      continue;
    }
    if (!machine_.has_keeper()) {
      director_ ? lose_director() : bring_back_keeper();
      continue;
    }
    if (!director_ || machine_.is_upgrade_begun) {
      machine_.is_upgrade_begun = false;
      director_ ? lose_director() : begin_director();
      continue;
    }
    if (is_awake()) {
      turn_director();
      look();
      idle = 0;
      continue;
    }
    machine_.turn_keeper();
    if (let_client_take() || machine_.let_all_finish() || is_awake() || idle++ < 2) {
      continue;
    }
    if (wake_ns_ - machine_.now_ns > day_ns / 2) {
      return;
    }
    machine_.now_ns = wake_ns_;
  }
  machine_.turn_keeper();
  if (!is_over_) {
    machine_.object("it does not come to rest");
  }
}

void Schedule::look_at_wish(const ServiceUnit& unit) {
  const ServiceState& now = unit.state();
  const ServiceStatus status = director_->status_of(unit);
  const std::string where = name(unit.index) + ": " + word(now.phase) + " (" + status.reason + ")";
  const Wish wish = is_going_down() ? Wish::down : wishes_[unit.index];
  const bool is_alive = machine_.kernel.has_living(unit.index);
  if ((now.leader == Leader::alive) != now.is_ready() || is_alive != now.is_ready()) {
    machine_.object(where + ", but its processes say otherwise");
  }
  if (unit.is_stop_asked() || (wish != Wish::unknown && now.wanted != (wish == Wish::up))) {
    machine_.object(where + ", and the last wish is lost");
  }
  const bool is_at_rest = now.is_ready() || now.phase == Phase::stopped ||
                          now.phase == Phase::waiting || now.phase == Phase::failed ||
                          now.phase == Phase::done;
  if (!is_at_rest || (!now.wanted && now.phase != Phase::stopped && now.phase != Phase::done)) {
    machine_.object(where + " is no place to rest");
  }
  if (now.phase == Phase::waiting && status.waiting_for.empty()) {
    machine_.object(where + ", waiting for nothing");
  }
  if (!now.is_ready() && status.reason.empty()) {
    machine_.object(where + ", without a reason");
  }
}

void Schedule::look_at_orders() {
  for (const auto& [id, asked] : ledger_) {
    if (!asked.done && !asked.is_gone && asked.request.verb != Verb::watch) {
      std::string states;
      for (const std::uint32_t index : targets_of(asked.request)) {
        states += " " + name(index) + " is " + word(machine_.written(index).phase) + ";";
      }
      machine_.object(std::string(word(asked.request.verb)) + " is never answered;" + states);
    }
  }
}

void Schedule::look_at_calm() {
  for (const ServiceUnit& unit : director_->units()) {
    look_at_wish(unit);
  }
  for (const auto& [run, ended] : machine_.kernel.ended()) {
    if (state_.acknowledged(ended.service) < run) {
      machine_.object(name(ended.service) + ": the end of run " + std::to_string(run) +
                      " is never acknowledged");
    }
  }
  if (world_->loop().timer_count() != 0) {
    machine_.object("timers are left that nothing waits for");
  }
  if (world_->watch_count() > 2 + 2 * project_.services.size()) {
    machine_.object("descriptors are watched that nobody needs");
  }
  look_at_orders();
}

void Schedule::look_at_over() {
  for (std::uint32_t i = 0; i < project_.services.size(); ++i) {
    if (machine_.kernel.has_living(i)) {
      machine_.object("the project is over, and " + name(i) + " has processes");
    }
  }
  if (!machine_.is_keeper_finished || machine_.exit_code != state_.header().director.exit_code) {
    machine_.object("the project is over, and the keeper was not told with what code");
  }
  look_at_orders();
}

Played Schedule::play() {
  while (played_.moves < moves_max && !is_over_ && machine_.mistake.empty()) {
    move();
    look();
  }
  settle();
  if (!is_over_ && machine_.mistake.empty()) {
    look_at_calm();
    ask({.verb = Verb::down});
    settle();
  }
  if (machine_.mistake.empty()) {
    if (is_over_) {
      look_at_over();
    } else {
      for (const auto& [id, asked] : ledger_) {
        story_.tell("client ", static_cast<std::uint64_t>(id), ": ", word(asked.request.verb),
                    asked.done ? ", answered" : "", asked.is_gone ? ", gone" : "",
                    asked.source ? ", has lines to take" : "");
      }
      machine_.object("it was told to go down, and does not end");
    }
  }
  played_.mistake = machine_.mistake;
  played_.keeper_deaths = machine_.keeper_deaths;
  played_.failed_calls = machine_.failed_calls;
  played_.runs = state_.header().director.last_run;
  return played_;
}

}  // namespace

Played play(std::uint64_t seed, const os::Fd& folder, std::ostream* story) {
  return Schedule(seed, folder, story).play();
}

}  // namespace tend::service::world
