#include "service/director/orders.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"

namespace tend::service {

namespace {

constexpr std::chrono::milliseconds progress_every{100};

}  // namespace

Orders::~Orders() {
  for (const Order& order : orders_) {
    loop_.cancel(order.timeout);
    loop_.cancel(order.progress);
  }
}

Result<std::vector<std::uint32_t>> Orders::indices_of(std::span<const std::string> names) const {
  const auto& units = taker_.units();
  std::vector<std::uint32_t> indices;
  if (names.empty()) {
    for (const ServiceUnit& unit : units) {
      indices.push_back(unit.index);
    }
    return indices;
  }
  for (const std::string& name : names) {
    const auto found = std::ranges::find(
        units, name, [](const ServiceUnit& unit) -> const std::string& { return unit.spec->name; });
    if (found == units.end()) {
      std::vector<std::string> known;
      for (const ServiceUnit& unit : units) {
        known.push_back(unit.spec->name);
      }
      const auto near = text::nearest(name, std::span<const std::string>(known));
      return refused("find service", text::quoted(name),
                     near ? "there is no such service; did you mean " + std::string(*near) + "?"
                          : "there is no such service; there are " + text::join(known, ", "));
    }
    indices.push_back(found->index);
  }
  return indices;
}

void Orders::take(ClientId client, const Request& request) {
  auto targets = indices_of(request.names);
  if (!targets) {
    clients_->finish(client, {.code = 1, .message = targets.error().message()});
    return;
  }
  switch (request.verb) {
    case Verb::status: answer_status(client, *targets); return;
    case Verb::watch: begin_watch(client); return;
    case Verb::hurry:
      taker_.hurry();
      clients_->finish(client, {});
      return;
    case Verb::upgrade: taker_.upgrade(client, request); return;
    case Verb::start:
    case Verb::stop:
    case Verb::restart:
    case Verb::down: begin(client, request, *std::move(targets)); return;
  }
}

void Orders::answer_status(ClientId client, std::span<const std::uint32_t> targets) {
  std::vector<std::uint32_t> left(targets.begin(), targets.end());
  std::ranges::reverse(left);
  // A line at a time, as the client takes them: the answer grows with the number of services.
  clients_->stream(
      client,
      [this, left = std::move(left), is_project_told = false]() mutable -> std::optional<Reply> {
        if (!left.empty()) {
          const std::uint32_t index = left.back();
          left.pop_back();
          return taker_.status_of(taker_.units()[index]);
        }
        if (!std::exchange(is_project_told, true)) {
          return taker_.project_status();
        }
        return Done{};
      });
}

void Orders::begin_watch(ClientId client) {
  watchers_.push_back(client);
  clients_->stream(client, [this, index = std::size_t{0}]() mutable -> std::optional<Reply> {
    const auto& units = taker_.units();
    return index < units.size() ? std::optional<Reply>(taker_.status_of(units[index++]))
                                : std::nullopt;
  });
}

void Orders::begin(ClientId client, const Request& request, std::vector<std::uint32_t> targets) {
  if (taker_.is_going_down() && request.verb != Verb::down && request.verb != Verb::stop) {
    clients_->finish(client, {.code = 1, .message = "the project is being stopped"});
    return;
  }
  Order order{.client = client, .verb = request.verb};
  for (const std::uint32_t index : targets) {
    order.runs_before.push_back(taker_.units()[index].state().run);
  }
  order.targets = request.verb == Verb::stop ? taker_.graph().with_dependents(targets) : targets;
  if (request.wait_ms && *request.wait_ms > 0) {
    order.timeout = loop_.add_timer(std::chrono::milliseconds(*request.wait_ms),
                                    [this, client] { time_out(client); });
  }
  switch (request.verb) {
    case Verb::start: taker_.wish_start(targets); break;
    case Verb::stop: taker_.wish_stop(targets); break;
    case Verb::restart: taker_.wish_restart(targets); break;
    case Verb::down: taker_.begin_down(); break;
    case Verb::status:
    case Verb::hurry:
    case Verb::upgrade:
    case Verb::watch: break;
  }
  if (request.wait_ms && *request.wait_ms == 0) {
    clients_->finish(client, {});
    return;
  }
  // Answered by look_again(), which the director calls when everything has settled.
  orders_.push_back(std::move(order));
}

void Orders::forget(ClientId client) {
  std::erase(watchers_, client);
  std::erase_if(orders_, [&](const Order& order) {
    if (order.client == client) {
      loop_.cancel(order.timeout);
      loop_.cancel(order.progress);
    }
    return order.client == client;
  });
}

/// It waits for one that has given up, or that ended and nobody brings back; or for one that itself
/// waits in vain.
bool Orders::waits_in_vain(const ServiceUnit& unit) const {
  std::vector<const ServiceUnit*> waiting{&unit};
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const std::vector<std::string> holding = taker_.status_of(*waiting[i]).waiting_for;
    for (const ServiceUnit& other : taker_.units()) {
      if (std::ranges::find(holding, other.spec->name) == holding.end()) {
        continue;
      }
      const Phase phase = other.state().phase;
      if (phase == Phase::failed || phase == Phase::cooling_down || phase == Phase::stopped) {
        return true;
      }
      if (phase == Phase::waiting && std::ranges::find(waiting, &other) == waiting.end()) {
        waiting.push_back(&other);
      }
    }
  }
  return false;
}

bool Orders::is_contradicted(const Order& order, const ServiceUnit& unit) {
  const bool is_wanted = unit.state().wanted && !unit.is_stop_asked();
  switch (order.verb) {
    case Verb::stop: return is_wanted;
    case Verb::start:
    case Verb::restart: return !is_wanted;
    case Verb::down:
    case Verb::status:
    case Verb::hurry:
    case Verb::upgrade:
    case Verb::watch: return false;
  }
  return false;
}

bool Orders::is_settled(const Order& order, std::size_t position) const {
  const ServiceUnit& unit = taker_.units()[order.targets[position]];
  const ServiceState& state = unit.state();
  if (is_contradicted(order, unit)) {
    return true;
  }
  if (order.verb == Verb::stop || order.verb == Verb::down) {
    return !unit.is_stop_asked() && !state.is_active();
  }
  if (order.verb == Verb::restart && state.run == order.runs_before[position] && state.wanted &&
      (state.is_active() || state.phase == Phase::waiting)) {
    return state.phase == Phase::waiting && waits_in_vain(unit);
  }
  switch (state.phase) {
    case Phase::waiting: return waits_in_vain(unit);
    case Phase::starting:
    case Phase::stopping: return false;
    case Phase::up:
      // A task that runs has not shown yet how it ends.
      return unit.spec->kind == Kind::service;
    case Phase::reloading:
    case Phase::stopped:
    case Phase::backoff:
    case Phase::cooling_down:
    case Phase::failed:
    case Phase::done: return true;
  }
  return true;
}

bool Orders::is_success(const Order& order, const ServiceUnit& unit) {
  if (is_contradicted(order, unit)) {
    return false;
  }
  if (order.verb == Verb::stop || order.verb == Verb::down) {
    return true;
  }
  const ServiceState& state = unit.state();
  return state.is_ready() || state.phase == Phase::done ||
         (state.phase == Phase::stopped && state.last.is_success());
}

void Orders::look_again() {
  for (Order& order : orders_) {
    look_at(order);
  }
  std::erase_if(orders_, [](const Order& order) { return order.is_answered; });
}

void Orders::look_at(Order& order) {
  if (order.is_answered) {
    return;
  }
  for (std::size_t i = 0; i < order.targets.size(); ++i) {
    if (!is_settled(order, i)) {
      tell_progress_soon(order);
      return;
    }
  }
  // A project that goes down is over only when the director says so: tell_end().
  if (order.verb != Verb::down) {
    answer_with_results(order);
  }
}

void Orders::answer(Order& order, const Done& done) {
  loop_.cancel(order.timeout);
  loop_.cancel(order.progress);
  order.is_answered = true;
  clients_->finish(order.client, done);
}

void Orders::answer_with_results(Order& order) {
  Done done;
  for (const std::uint32_t index : order.targets) {
    const ServiceUnit& unit = taker_.units()[index];
    ServiceStatus status = taker_.status_of(unit);
    if (!is_success(order, unit)) {
      done.code = 1;
      done.message +=
          (done.message.empty() ? "" : "\n") + status.name + ": " +
          (is_contradicted(order, unit)
               ? "another command asked for the opposite meanwhile; it is " + status.state
               : status.reason);
    }
    clients_->send(order.client, std::move(status));
  }
  answer(order, done);
}

void Orders::tell_stoppers(const std::string& text) {
  for (const Order& order : orders_) {
    if (!order.is_answered && (order.verb == Verb::down || order.verb == Verb::stop)) {
      clients_->send(order.client, Progress{.text = text, .waiting_for = order.told_waiting});
    }
  }
}

/// Not at every change: the list of those who are waited for is as long as the project.
void Orders::tell_progress_soon(Order& order) {
  const bool is_stop = order.verb == Verb::down || order.verb == Verb::stop;
  if (is_stop && order.progress == os::TimerId::none) {
    order.progress =
        loop_.add_timer(progress_every, [this, client = order.client] { tell_progress(client); });
  }
}

void Orders::tell_progress(ClientId client) {
  for (Order& order : orders_) {
    if (order.client != client || order.is_answered) {
      continue;
    }
    order.progress = os::TimerId::none;
    std::vector<std::string> waiting;
    for (const std::uint32_t target : order.targets) {
      const ServiceUnit& unit = taker_.units()[target];
      if (unit.state().is_active()) {
        waiting.push_back(unit.spec->name);
      }
    }
    if (!waiting.empty() && waiting != order.told_waiting) {
      clients_->send(order.client, Progress{.text = "waiting for " + text::join(waiting, ", "),
                                            .waiting_for = waiting});
      order.told_waiting = std::move(waiting);
    }
  }
}

void Orders::time_out(ClientId client) {
  for (Order& order : orders_) {
    if (order.client != client || order.is_answered) {
      continue;
    }
    order.timeout = os::TimerId::none;
    Done done{.code = 1};
    for (std::size_t i = 0; i < order.targets.size(); ++i) {
      if (!is_settled(order, i)) {
        const ServiceStatus status = taker_.status_of(taker_.units()[order.targets[i]]);
        done.message += text::format("{}{} is still {}: {}", done.message.empty() ? "" : "\n",
                                     status.name, status.state, status.reason);
      }
    }
    answer(order, done);
  }
}

void Orders::tell(const Occurrence& occurrence) {
  for (const ClientId watcher : watchers_) {
    clients_->send(watcher, occurrence);
  }
}

void Orders::tell_end() {
  for (Order& order : orders_) {
    if (!order.is_answered) {
      answer(order, order.verb == Verb::down || order.verb == Verb::stop
                        ? Done{}
                        : Done{.code = 1, .message = "the project was stopped"});
    }
  }
  for (const ClientId watcher : std::exchange(watchers_, {})) {
    clients_->finish(watcher, {});
  }
}

}  // namespace tend::service
