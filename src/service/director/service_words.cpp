#include "service/director/service_state.hpp"

namespace tend::service {

const char* word(Phase phase) noexcept {
  switch (phase) {
    case Phase::stopped: return "stopped";
    case Phase::waiting: return "waiting";
    case Phase::starting: return "starting";
    case Phase::up: return "up";
    case Phase::reloading: return "reloading";
    case Phase::stopping: return "stopping";
    case Phase::backoff: return "backoff";
    case Phase::cooling_down: return "cooling-down";
    case Phase::failed: return "failed";
    case Phase::done: return "done";
  }
  return "?";
}

const char* word(Cause cause) noexcept {
  switch (cause) {
    case Cause::none: return "none";
    case Cause::asked: return "asked";
    case Cause::dependency: return "dependency";
    case Cause::exited: return "exited";
    case Cause::not_started: return "not started";
    case Cause::not_ready: return "not ready";
    case Cause::ended_before_ready: return "ended before ready";
  }
  return "?";
}

const char* word(Event::Type type) noexcept {
  switch (type) {
    case Event::Type::start: return "start";
    case Event::Type::stop: return "stop";
    case Event::Type::restart: return "restart";
    case Event::Type::hurry: return "hurry";
    case Event::Type::requirements_met: return "requirements met";
    case Event::Type::spawned: return "spawned";
    case Event::Type::spawn_failed: return "spawn failed";
    case Event::Type::ready: return "ready";
    case Event::Type::reloading: return "reloading";
    case Event::Type::extend: return "extend";
    case Event::Type::ended: return "ended";
    case Event::Type::tree_gone: return "tree gone";
    case Event::Type::deadline: return "deadline";
    case Event::Type::dependency_restarted: return "dependency restarted";
  }
  return "?";
}

const char* word(Action::Type type) noexcept {
  switch (type) {
    case Action::Type::spawn: return "spawn";
    case Action::Type::watch_ready: return "watch ready";
    case Action::Type::unwatch_ready: return "unwatch ready";
    case Action::Type::signal_leader: return "signal leader";
    case Action::Type::signal_tree: return "signal tree";
    case Action::Type::watch_tree: return "watch tree";
    case Action::Type::acknowledge: return "acknowledge";
    case Action::Type::finished: return "finished";
  }
  return "?";
}

}  // namespace tend::service
