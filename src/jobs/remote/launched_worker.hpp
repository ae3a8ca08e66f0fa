#pragma once
// LaunchedWorker: a worker as the front end sees it: the launcher that was started for it (srun,
// ssh, a shell), the stream to the worker behind it, and, when it is lost, why, in words.

#include <tend/error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "jobs/remote/message_stream.hpp"
#include "os/clock.hpp"
#include "os/event_loop.hpp"
#include "os/fd.hpp"

namespace tend::jobs {

class LaunchedWorker {
 public:
  struct Options {
    std::string launcher{};  ///< Shell text; the words of the worker's command are added to it.
    std::string program{};   ///< The tend that the worker is, by its path there.
    unsigned number = 1;     ///< TEND_WORKER in the launcher's environment.
  };

  /// Called from the loop only; each may destroy the worker.
  struct Handlers {
    std::function<void(const Message&)> on_message{};
    std::function<void(const std::string& why)> on_lost{};  ///< Once, as the last.
    std::function<void()> on_room{};                        ///< See MessageStream.
  };

  /// Errors: there is no shell, no process, or no descriptor left.
  static Result<std::unique_ptr<LaunchedWorker>> launch(os::EventLoop& loop, const Options& options,
                                                        Handlers handlers);

  /// Ends the launcher, by force if it must be, with all processes of its session, and reaps it.
  ~LaunchedWorker();
  LaunchedWorker(const LaunchedWorker&) = delete;
  LaunchedWorker(LaunchedWorker&&) = delete;
  LaunchedWorker& operator=(const LaunchedWorker&) = delete;
  LaunchedWorker& operator=(LaunchedWorker&&) = delete;

  /// See MessageStream::send().
  Result<> send(const Message& message);

  [[nodiscard]] std::size_t waiting_bytes() const noexcept {
    return stream_ ? stream_->waiting_bytes() : 0;
  }

  /// The end of what the launcher wrote to its standard error.
  [[nodiscard]] std::string_view complaints() const noexcept { return complaints_; }

  /// It is lost, or about to be: on_lost() follows when it is known why.
  [[nodiscard]] bool is_ending() const noexcept { return patience_ != os::TimerId::none; }

  /// Lets out what was sent, as far as it goes without waiting.
  void flush();

  /// Closes the stream: the worker kills its jobs and ends. No handler is called any more.
  void hang_up();

  /// Gives up on it: on_lost() follows, with this reason.
  void abandon(std::string why);

 private:
  LaunchedWorker(os::EventLoop& loop, Handlers handlers)
      : loop_(loop), handlers_(std::move(handlers)) {}

  Result<> start(const Options& options);
  Result<> watch(MessageStream::Ends ends);
  void read_complaints();
  void see_end_of_stream(const std::optional<Error>& error);
  void see_end_of_launcher();
  [[nodiscard]] bool has_ended_by(os::Instant deadline);
  void begin_to_end();
  void finish();
  /// To the launcher's session; it is not reaped before the end, so that this hits no stranger.
  void signal(int number) const;
  [[nodiscard]] std::string reason() const;

  os::EventLoop& loop_;
  Handlers handlers_;
  os::Fd pidfd_{};
  std::int32_t pid_ = 0;
  os::Fd errors_{};
  std::unique_ptr<MessageStream> stream_{};
  os::WatchId exit_watch_ = os::WatchId::none;
  os::WatchId errors_watch_ = os::WatchId::none;
  os::TimerId patience_ = os::TimerId::none;
  std::string complaints_{};
  std::string foreword_{};
  std::string abandoned_why_{};
  std::optional<Error> stream_error_{};
  os::Instant hung_up_at_{};
  bool is_stream_closed_ = false;
  bool has_launcher_ended_ = false;
};

}  // namespace tend::jobs
