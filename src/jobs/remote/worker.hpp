#pragma once
// Worker: what `tend run` starts on other machines. It runs the attempts that it is sent through a
// Backend of its own, and sends back what becomes of them. When the front end is gone, its jobs
// are killed: nobody would ever learn of them.

#include <tend/error.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "jobs/backend.hpp"
#include "jobs/remote/message.hpp"
#include "jobs/remote/message_stream.hpp"
#include "os/event_loop.hpp"

namespace tend::jobs {

class Worker final : private BackendEvents {
 public:
  using MakeBackend = std::function<Result<std::unique_ptr<Backend>>(
      const AttemptSettings& settings, BackendEvents& events)>;

  /// How it came to its end.
  struct Ended {
    std::size_t unacknowledged = 0;  ///< Attempts of which the front end took over no result.
    std::optional<Error> error{};    ///< Absent: the front end closed the stream.
  };

  /// `on_ended` is called from the loop, once; then the worker is to be destroyed, which kills what
  /// still runs.
  Worker(os::EventLoop& loop, MakeBackend make_backend, std::function<void(const Ended&)> on_ended);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker(Worker&&) = delete;
  Worker& operator=(const Worker&) = delete;
  Worker& operator=(Worker&&) = delete;

  /// Greets the front end. Errors: the stream cannot be watched.
  Result<> begin(MessageStream::Ends ends, const Hello& hello);

  /// Ends it from outside.
  void end(const std::optional<Error>& error);

 private:
  /// An attempt that the front end has not taken over yet.
  struct Running {
    enum class Phase : std::uint8_t { gathers_input, waits_for_room, runs, ended };

    Attempt attempt{};
    std::string input{};
    std::uint64_t input_bytes = 0;
    Phase phase = Phase::gathers_input;
    std::uint64_t sent_bytes = 0;
    std::uint64_t allowed_bytes = output_window_bytes;
    bool is_held = false;
    os::TimerId report = os::TimerId::none;  ///< Its end is told then.
  };

  void started(AttemptId id, const AttemptStart& start) override;
  void output(AttemptId id, OutputStream stream, std::string_view bytes) override;
  void ended(AttemptId id, const AttemptResult& result) override;
  void has_room() override;
  void notice(const std::string& words) override;
  void failed(const Error& error) override;

  void receive(const Message& message);
  void on(const RunSettings& setup);
  void on(const StartAttempt& start);
  void on(const AttemptInput& input);
  void on(const StopAttempt& stop);
  void on(const LimitAttempt& limit);
  void on(const Credit& credit);
  void on(const Acknowledge& acknowledge);
  void on(const PauseJobs& pause);
  void on(const ResumeJobs& resume);
  void on(const Ping& ping);
  /// What only a worker sends.
  template <typename T>
  void on(const T& message);

  void make_backend();
  void try_start(Running& running);
  void try_again_later();
  void tell_end(AttemptId id, const Running& running, const AttemptResult& result);
  void send(const Message& message, MessageStream::When when = MessageStream::When::now);
  [[nodiscard]] Running* find(AttemptId id);

  os::EventLoop& loop_;
  MakeBackend make_backend_;
  std::function<void(const Ended&)> on_ended_;
  std::map<AttemptId, Running> running_{};
  os::TimerId retry_ = os::TimerId::none;  ///< For attempts, and the backend, that wait for room.
  std::optional<AttemptSettings> settings_{};
  bool is_paused_ = false;
  std::unique_ptr<MessageStream> stream_{};
  std::unique_ptr<Backend> backend_{};
  bool is_over_ = false;
};

}  // namespace tend::jobs
