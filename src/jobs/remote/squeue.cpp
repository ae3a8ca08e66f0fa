#include "jobs/remote/squeue.hpp"

#include <fcntl.h>

#include <csignal>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "jobs/remote/slurm.hpp"
#include "os/environment.hpp"
#include "os/files.hpp"
#include "os/pidfd.hpp"
#include "os/pipe.hpp"
#include "os/process_group.hpp"

namespace tend::jobs {

namespace {

using namespace std::chrono_literals;

constexpr auto answer_within = 5s;
constexpr std::size_t answer_bytes_max = std::size_t{256} << 10U;

std::vector<std::string> squeue_command(const std::vector<std::uint64_t>& jobs) {
  std::vector<std::string> numbers;
  for (const std::uint64_t job : jobs) {
    numbers.push_back(text::format("{}", job));
  }
  return {"squeue", "--noheader", "--format=%T:%r", "--jobs=" + text::join(numbers, ",")};
}

}  // namespace

Squeue::~Squeue() { forget(); }

void Squeue::explain(const std::vector<std::string>& complaints,
                     std::function<void(const std::string& words)> on_words) {
  if (question_) {
    return;
  }
  const std::vector<std::uint64_t> jobs = queued_slurm_jobs(complaints);
  if (jobs.empty()) {
    on_words({});
    return;
  }
  question_ = std::make_unique<Question>();
  if (!ask(squeue_command(jobs))) {
    question_.reset();
    on_words("squeue cannot be started");
    return;
  }
  question_->on_words = std::move(on_words);
}

bool Squeue::ask(const std::vector<std::string>& command) {
  auto pipe = os::make_pipe();
  const auto nothing = os::open_file("/dev/null", O_RDWR);
  if (!pipe || !nothing || !os::set_nonblocking(pipe->read)) {
    return false;
  }
  auto spawned = os::spawn({.program = command.front(),
                            .arguments = command,
                            .environment = os::own_environment(),
                            .descriptors = {{.source = nothing->get(), .target = 0},
                                            {.source = pipe->write.get(), .target = 1},
                                            {.source = nothing->get(), .target = 2}},
                            .session = os::raw::SessionKind::new_session,
                            .parent_death_signal = SIGKILL});
  if (!spawned) {
    return false;
  }
  question_->process = *std::move(spawned);
  question_->answer = std::move(pipe->read);
  const auto watch =
      loop_.add(question_->answer, os::Interest::read, [this](os::Ready) { read(); });
  question_->watch = watch.value_or(os::WatchId::none);
  question_->limit = loop_.add_timer(answer_within, [this] { end("squeue does not answer"); });
  return true;
}

void Squeue::read() {
  std::vector<char> buffer(std::size_t{16} << 10U);
  const auto got = os::read_some(question_->answer, buffer);
  if (got && *got > 0 && question_->text.size() < answer_bytes_max) {
    question_->text.append(buffer.data(), *got);
  } else if (!got || *got == 0 || question_->text.size() >= answer_bytes_max) {
    end(squeue_words(question_->text));
  }
}

void Squeue::end(const std::string& words) {
  const auto on_words = std::move(question_->on_words);
  forget();
  on_words(words);
}

void Squeue::forget() {
  if (!question_) {
    return;
  }
  loop_.remove(question_->watch);
  loop_.cancel(question_->limit);
  if (question_->process.pidfd.is_open()) {
    static_cast<void>(os::signal_process_group(question_->process.pid, SIGKILL));
    static_cast<void>(os::reap(question_->process.pidfd, os::Waiting::yes));
  }
  question_.reset();
}

}  // namespace tend::jobs
