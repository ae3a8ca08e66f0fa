#pragma once
// RecorderLoop: waits for log pipes and for the keeper, and has the Mover move what has come. One
// thread: all logs of a project lie in one folder, so there is one disk to wait for, and nobody
// waits for the recorder. It knows nothing of files.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "os/event_loop.hpp"
#include "os/fd.hpp"
#include "service/keeper/keeper_protocol.hpp"
#include "service/recorder/mover.hpp"
#include "service/recorder/pipe_budget.hpp"
#include "service/recorder/succession.hpp"

namespace tend::service {

class RecorderLoop {
 public:
  /// `heirs` is where the next keeper's descriptors are asked for, once ours is dead.
  RecorderLoop(os::EventLoop loop, os::Fd keeper, os::Fd heirs, Mover& mover, StateFile& state,
               PipeBudget budget);

  /// What was inherited or sent: the output of a run, or a copy to be kept.
  void take(StoredKind kind, std::uint32_t record, std::uint32_t run, os::Fd fd);

  Result<> run();

 private:
  using Key = std::pair<std::uint32_t, std::uint32_t>;  ///< Record and run.

  struct Source {
    os::Fd pipe{};
    os::WatchId watch = os::WatchId::none;
    std::size_t size = 0;
    bool is_grown = false;
    std::uint64_t last_turn = 0;  ///< In which it gave something.
    std::uint32_t turns_in_row = 0;
    bool has_moved = false;  ///< Since the last look at those that are held back.
  };

  enum class Served : std::uint8_t { moved, idle, ended, blocked };

  void add(os::Fd pipe, std::uint32_t record, std::uint32_t run);
  Served serve(Key key);
  void drain(Key key);
  void watch(Key key);
  [[nodiscard]] bool has_older(Key key) const;
  void hold_back(Key key);
  void look_at_held();
  void release_next(std::uint32_t record);
  void unwatch(Source& source);
  void end(Key key);
  void park(Key key, int code);
  void note_speed(Key key, Source& source, std::size_t bytes);
  void visit_busy();
  void retry();
  void show_blocked();

  void on_keeper();
  void handle(const keeper::Message& message, std::span<os::Fd> descriptors);
  void send_ended();
  void watch_keeper_for(os::Interest interest);
  void lose_keeper();
  [[nodiscard]] std::vector<Offer> offers() const;
  void finish();
  [[nodiscard]] bool is_done() const;

  os::EventLoop loop_;
  Succession succession_;
  os::Fd keeper_;
  os::WatchId keeper_watch_ = os::WatchId::none;
  os::Interest keeper_interest_ = os::Interest::read;
  Mover& mover_;
  RecorderPart& shown_;
  PipeBudget budget_;
  std::map<Key, Source> sources_{};
  std::set<Key> parked_{};  ///< Cannot be written now; not watched.
  std::set<Key> busy_{};    ///< Visited each turn; not watched.
  std::set<Key> held_{};    ///< Behind an older run of the same service; not watched.
  os::TimerId held_timer_ = os::TimerId::none;
  std::deque<Key> ended_{};  ///< To be told to the keeper.
  os::TimerId retry_timer_ = os::TimerId::none;
  int blocked_errno_ = 0;
  bool is_finishing_ = false;
  std::uint64_t turn_ = 0;
  bool has_moved_ = false;  ///< In this turn.
  bool has_moved_much_ = false;
};

}  // namespace tend::service
