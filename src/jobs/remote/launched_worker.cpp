#include "jobs/remote/launched_worker.hpp"

#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/environment.hpp"
#include "os/files.hpp"
#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "os/process_group.hpp"
#include "os/readable.hpp"
#include "os/spawn.hpp"
#include "process/last_line.hpp"

namespace tend::jobs {

namespace {

using namespace std::chrono_literals;

// How long the end of the launcher and the end of the stream may lie apart.
constexpr auto patience = 2s;
// What a launcher gets to end by itself when its worker is not needed any more, and after SIGTERM.
constexpr auto goodbye = 5s;
constexpr auto last_grace = 2s;

constexpr std::size_t complaints_bytes_max = 4096;

os::SpawnOptions launcher_options(const LaunchedWorker::Options& options) {
  const std::string text =
      text::format("{} {} __worker", options.launcher, text::shell_word(options.program));
  std::vector<std::string> environment = os::own_environment();
  std::erase_if(environment,
                [](const std::string& entry) { return entry.starts_with("TEND_WORKER="); });
  environment.push_back(text::format("TEND_WORKER={}", options.number));
  return {.program = "/bin/sh",
          .arguments = {"sh", "-c", text},
          .environment = std::move(environment),
          // Ctrl-C is for us to handle: the worker would end before its jobs could.
          .session = os::raw::SessionKind::new_session,
          .parent_death_signal = SIGTERM};
}

std::string last_words(std::string_view text) {
  return text::printable(text::with_valid_utf8(process::last_line(text)));
}

}  // namespace

Result<std::unique_ptr<LaunchedWorker>> LaunchedWorker::launch(os::EventLoop& loop,
                                                               const Options& options,
                                                               Handlers handlers) {
  auto worker = std::unique_ptr<LaunchedWorker>(new LaunchedWorker(loop, std::move(handlers)));
  TEND_TRY(worker->start(options));
  return worker;
}

Result<> LaunchedWorker::start(const Options& options) {
  os::Pipe to_worker = TEND_TRY(os::make_pipe());
  os::Pipe from_worker = TEND_TRY(os::make_pipe());
  os::Pipe errors = TEND_TRY(os::make_pipe());
  os::SpawnOptions spawning = launcher_options(options);
  spawning.descriptors = {{.source = to_worker.read.get(), .target = 0},
                          {.source = from_worker.write.get(), .target = 1},
                          {.source = errors.write.get(), .target = 2}};
  os::Spawned spawned = TEND_TRY(os::spawn(spawning));
  pidfd_ = std::move(spawned.pidfd);
  pid_ = spawned.pid;
  errors_ = std::move(errors.read);
  return watch({.in = std::move(from_worker.read), .out = std::move(to_worker.write)});
}

Result<> LaunchedWorker::watch(MessageStream::Ends ends) {
  TEND_TRY(os::set_nonblocking(errors_));
  errors_watch_ =
      TEND_TRY(loop_.add(errors_, os::Interest::read, [this](os::Ready) { read_complaints(); }));
  exit_watch_ =
      TEND_TRY(loop_.add(pidfd_, os::Interest::read, [this](os::Ready) { see_end_of_launcher(); }));
  stream_ = TEND_TRY(MessageStream::open(
      loop_, std::move(ends),
      {.on_message = handlers_.on_message,
       .on_closed = [this](const std::optional<Error>& error) { see_end_of_stream(error); },
       .on_room = handlers_.on_room}));
  return {};
}

LaunchedWorker::~LaunchedWorker() {
  hang_up();
  if (!pidfd_.is_open()) {
    return;
  }
  if (!has_ended_by(hung_up_at_ + goodbye)) {
    signal(SIGTERM);
    static_cast<void>(has_ended_by(hung_up_at_ + goodbye + last_grace));
  }
  // Also when the launcher has ended: what it started may not have.
  signal(SIGKILL);
  static_cast<void>(os::reap(pidfd_, os::Waiting::yes));
}

/// The shell, and whoever it has started: they hold its standard error. An srun that is killed
/// before it has cancelled its job leaves it in Slurm's hands.
bool LaunchedWorker::has_ended_by(os::Instant deadline) {
  std::vector<char> buffer(complaints_bytes_max);
  while (os::wait_readable(errors_, deadline).value_or(false)) {
    const auto got = os::read_some(errors_, buffer);
    if (got ? *got == 0 : got.error().code != EAGAIN) {
      return os::wait_for_exit(pidfd_, deadline).value_or(true);
    }
  }
  return false;
}

Result<> LaunchedWorker::send(const Message& message) {
  return stream_ ? stream_->send(message) : Result<>();
}

void LaunchedWorker::flush() {
  if (stream_) {
    stream_->flush();
  }
}

void LaunchedWorker::hang_up() {
  if (hung_up_at_ == os::Instant{}) {
    hung_up_at_ = loop_.now();
    if (pidfd_.is_open() && (!stream_ || !stream_->is_greeted())) {
      signal(SIGTERM);  // There is no worker that could see the end of its stream.
    }
  }
  loop_.cancel(std::exchange(patience_, os::TimerId::none));
  loop_.remove(std::exchange(exit_watch_, os::WatchId::none));
  loop_.remove(std::exchange(errors_watch_, os::WatchId::none));
  stream_.reset();
}

void LaunchedWorker::abandon(std::string why) {
  if (abandoned_why_.empty()) {
    abandoned_why_ = std::move(why);
  }
  signal(SIGTERM);
  begin_to_end();
}

void LaunchedWorker::signal(int number) const {
  static_cast<void>(os::signal_process_group(pid_, number));
}

void LaunchedWorker::read_complaints() {
  std::vector<char> buffer(complaints_bytes_max);
  const auto got = os::read_some(errors_, buffer);
  if (got ? *got == 0 : got.error().code != EAGAIN) {
    loop_.remove(std::exchange(errors_watch_, os::WatchId::none));
    return;
  }
  complaints_.append(buffer.data(), got.value_or(0));
  if (complaints_.size() > complaints_bytes_max) {
    complaints_.erase(0, complaints_.size() - complaints_bytes_max);
  }
}

void LaunchedWorker::see_end_of_stream(const std::optional<Error>& error) {
  is_stream_closed_ = true;
  stream_error_ = error;
  if (!stream_->is_greeted()) {
    foreword_ = stream_->foreword();
  }
  if (!stream_->is_at_end()) {
    signal(SIGTERM);  // What it says cannot be trusted any more.
  }
  begin_to_end();
}

void LaunchedWorker::see_end_of_launcher() {
  has_launcher_ended_ = true;
  loop_.remove(std::exchange(exit_watch_, os::WatchId::none));
  begin_to_end();
}

void LaunchedWorker::begin_to_end() {
  if (is_stream_closed_ && has_launcher_ended_) {
    finish();
  } else if (patience_ == os::TimerId::none) {
    patience_ = loop_.add_timer(patience, [this] { finish(); });
  }
}

void LaunchedWorker::finish() {
  if (errors_watch_ != os::WatchId::none) {
    read_complaints();
  }
  signal(SIGKILL);
  const std::string why = reason();
  const auto on_lost = handlers_.on_lost;
  hang_up();
  on_lost(why);
}

/// The most telling first: what we know, then what the launcher says itself.
std::string LaunchedWorker::reason() const {
  std::vector<std::string> parts;
  if (!abandoned_why_.empty()) {
    parts.push_back(abandoned_why_);
  } else if (stream_error_ && !stream_error_->detail.empty()) {
    parts.push_back(stream_error_->detail);
  }
  if (has_launcher_ended_ && abandoned_why_.empty()) {
    if (const auto status = os::status_before_reaping(pidfd_)) {
      parts.push_back("its launcher " + status->description());
    }
  }
  if (!complaints_.empty()) {
    parts.push_back("and said: " + last_words(complaints_));
  } else if (!foreword_.empty()) {
    parts.push_back("and wrote: " + last_words(foreword_));
  }
  return parts.empty() ? "its stream has ended" : text::join(parts, ", ");
}

}  // namespace tend::jobs
