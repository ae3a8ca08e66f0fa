#pragma once
// RunStarter: brings one run to life, step by step and without ever waiting: pipes first, then the
// keeper's word that it holds them, then the clone, then the word of the child that it executed.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>

#include "os/event_loop.hpp"
#include "os/fd.hpp"
#include "service/director/keeper_link.hpp"
#include "service/director/service_state.hpp"
#include "service/director/service_unit.hpp"
#include "service/director/world.hpp"
#include "service/state_file.hpp"

namespace tend::service {

class RunStarter {
 public:
  /// The end of a beginning: spawned, or spawn_failed with the outcome.
  using OnResult =
      std::move_only_function<void(std::uint32_t index, std::uint32_t run, Outcome outcome)>;

  RunStarter(World& world, StateFile& state, KeeperLink& keeper, OnResult on_result);
  ~RunStarter();
  RunStarter(const RunStarter&) = delete;
  RunStarter& operator=(const RunStarter&) = delete;

  /// Begins `run` of the unit. OnResult follows in bounded time, never from inside this call.
  void begin(const ServiceUnit& unit, std::uint32_t run);

  /// The keeper's answer about a stored pipe.
  void note_stored(const keeper::Message& message);

  /// The read end for ready = { fd = N } of this run; after a restart of the director it is the
  /// inherited one. Closed if there is none.
  [[nodiscard]] os::Fd take_ready_pipe(std::uint32_t index, std::uint32_t run);

 private:
  /// A run on its way.
  struct Beginning {
    const ServiceUnit* unit = nullptr;
    std::uint32_t run = 0;
    os::Fd output{};         ///< What becomes stdout and stderr.
    os::Fd ready_write{};    ///< ready = { fd = N }.
    bool has_pipes = false;  ///< Or has tried to get them: it waits for its turn no more.
    int stores_awaited = 0;
    std::int32_t store_error = 0;
    os::Fd pidfd{};
    os::Fd completion{};  ///< At its end the child executed, or is dead.
    os::WatchId completion_watch = os::WatchId::none;
    os::TimerId next_look = os::TimerId::none;  ///< Where the completion cannot be watched.
    os::TimerId deadline = os::TimerId::none;
    bool is_too_late = false;  ///< It was killed because it did not execute in time.
  };

  void forget(std::uint32_t index);
  void open_next();
  Result<> open_pipes(Beginning& beginning);
  Result<> forget_notifications(const ServiceUnit& unit);
  void fail(std::uint32_t index, std::uint32_t run, const Outcome& outcome);
  void launch(std::uint32_t index);
  Result<> spawn(Beginning& beginning);
  void watch_completion(std::uint32_t index);
  void look_at_completion(std::uint32_t index);
  [[nodiscard]] bool has_never_executed(std::uint32_t index) const;
  void complete(std::uint32_t index);
  void give_up(std::uint32_t index);

  World& world_;
  os::EventLoop& loop_;
  StateFile& state_;
  KeeperLink& keeper_;
  OnResult on_result_;
  std::unordered_map<std::uint32_t, Beginning> beginnings_{};
  std::unordered_map<std::uint32_t, os::Fd> ready_pipes_{};
  std::deque<std::uint32_t> waiting_{};  ///< Of these runs the pipes are to be opened next.
  std::size_t answers_awaited_ = 0;      ///< By the keeper, about stored pipes.
};

}  // namespace tend::service
