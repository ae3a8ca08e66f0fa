#pragma once
// RemoteBackend: runs attempts on workers that launchers have placed somewhere. An attempt counts
// as ended when its result and all its output have arrived, never because a launcher says so. What
// a worker had when it was lost ends as AttemptEnd::worker_lost, and may be started again on
// another one; the worker is launched again, a few times in vain at most.

#include <tend/error.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/backend.hpp"
#include "jobs/remote/launched_worker.hpp"
#include "jobs/remote/message.hpp"
#include "jobs/schedule/retry_policy.hpp"
#include "os/clock.hpp"
#include "os/event_loop.hpp"

namespace tend::jobs {

/// Tells why workers keep us waiting, from what their launchers have written so far; at most one at
/// a time, and on_words may come later or never.
class WaitExplainer {
 public:
  virtual ~WaitExplainer() = default;
  virtual void explain(const std::vector<std::string>& complaints,
                       std::function<void(const std::string& words)> on_words) = 0;

 protected:
  WaitExplainer() = default;
  WaitExplainer(const WaitExplainer&) = default;
  WaitExplainer(WaitExplainer&&) = default;
  WaitExplainer& operator=(const WaitExplainer&) = default;
  WaitExplainer& operator=(WaitExplainer&&) = default;
};

struct RemoteOptions {
  std::string launcher{};  ///< Shell text; see LaunchedWorker::Options.
  std::string program{};   ///< The path of tend, there and here.
  unsigned workers = 1;
  std::optional<unsigned> slots{};  ///< Of each worker; nothing: as many as it has CPUs.
  /// How long a worker may take to greet; nothing: for ever (a queue of Slurm may be long).
  std::optional<std::chrono::nanoseconds> answer_within{std::chrono::minutes(1)};
  /// How often in a row a worker may be lost before it has done anything, and the pauses between.
  RetryPolicy launches{.attempts_max = 3,
                       .pause_first = std::chrono::milliseconds(500),
                       .pause_max = std::chrono::seconds(30)};
  std::chrono::nanoseconds look_every{std::chrono::seconds(10)};  ///< For silence and for waiting.
  std::chrono::nanoseconds silence_max{std::chrono::seconds(60)};
};

class RemoteBackend final : public Backend {
 public:
  /// Nothing is launched before the loop runs. Both references stay the caller's, and live longer.
  /// The explainer may be absent.
  RemoteBackend(os::EventLoop& loop, RemoteOptions options, AttemptSettings settings,
                BackendEvents& events, std::unique_ptr<WaitExplainer> explainer = nullptr);
  /// Ends all workers, and waits for their launchers.
  ~RemoteBackend() override;
  RemoteBackend(const RemoteBackend&) = delete;
  RemoteBackend(RemoteBackend&&) = delete;
  RemoteBackend& operator=(const RemoteBackend&) = delete;
  RemoteBackend& operator=(RemoteBackend&&) = delete;

  Taken start(const Attempt& attempt) override;
  [[nodiscard]] std::optional<unsigned> capacity() const override;
  void stop(AttemptId id, StopHow how) override;
  void set_timeout(AttemptId id, std::optional<std::chrono::nanoseconds> limit) override;
  void hold_output(AttemptId id, bool is_held) override;
  void pause() override;
  void resume() override;

 private:
  /// A place for a worker; it is filled again when its worker is lost.
  struct Seat {
    enum class Phase : std::uint8_t { waits, launched, ready, given_up };

    unsigned number = 1;
    Phase phase = Phase::waits;
    std::unique_ptr<LaunchedWorker> worker{};
    std::string host{};
    unsigned slots = 0;
    unsigned running = 0;
    unsigned launches = 0;
    unsigned failures = 0;  ///< In a row.
    bool has_result = false;
    os::Instant since{};  ///< Of the phase.
    os::Instant last_heard{};
    std::deque<AttemptId> inputs{};  ///< Attempts whose input is not sent wholly.
  };

  struct Running {
    std::size_t seat = 0;
    std::shared_ptr<const std::string> input{};
    std::size_t input_sent = 0;
    std::uint64_t received_bytes = 0;
    std::uint64_t owed_bytes = 0;  ///< Used, and not given back as credit yet.
    bool is_held = false;
    struct Piece {
      OutputStream stream = OutputStream::out;
      std::string bytes{};
    };
    std::vector<Piece> held{};  ///< At most output_window_bytes, and one piece.
    std::optional<AttemptResult> held_result{};
  };

  void launch(std::size_t at);
  void receive(std::size_t at, const Message& message);
  void greet(std::size_t at, const Hello& hello);
  void take(std::size_t at, const AttemptStarted& started);
  void take(std::size_t at, const AttemptOutput& output);
  void take(std::size_t at, const AttemptEnded& ended);
  void pass_on(AttemptId id, Running& running, OutputStream stream, std::string_view bytes);
  void release(AttemptId id);
  void finish(AttemptId id, const AttemptResult& result);
  /// A shortage of ours (processes, descriptors) passes: it does not count against the worker.
  enum class LossKind : std::uint8_t { failure, shortage };
  void lose(std::size_t at, const std::string& why, LossKind kind = LossKind::failure);
  void lose_attempts(std::size_t at, const std::string& why);
  void fail_if_all_given_up();

  void look();
  void look_for_silence(os::Instant now);
  void look_for_waiting(os::Instant now);

  void send_inputs(std::size_t at);
  void send(std::size_t at, const Message& message);
  void send_to_all(const Message& message);
  /// Its worker has greeted, and is not known to be lost.
  [[nodiscard]] static bool is_usable(const Seat& seat);
  [[nodiscard]] Running* find(AttemptId id);
  [[nodiscard]] Running* find(AttemptId id, std::size_t at);
  [[nodiscard]] std::string name_of(const Seat& seat) const;

  os::EventLoop& loop_;
  RemoteOptions options_;
  AttemptSettings settings_;
  BackendEvents& events_;
  std::unique_ptr<WaitExplainer> explainer_;
  std::vector<Seat> seats_;
  std::map<AttemptId, Running> running_{};
  os::TimerId look_timer_ = os::TimerId::none;
  std::vector<os::TimerId> launch_timers_;  ///< By seat.
  os::Instant last_look_{};
  std::string last_words_{};
  std::string last_loss_{};
  bool is_paused_ = false;
  bool has_failed_ = false;
  std::shared_ptr<char> life_ = std::make_shared<char>();  ///< For timers that may outlive us.
};

}  // namespace tend::jobs
