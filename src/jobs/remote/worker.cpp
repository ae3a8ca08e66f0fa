#include "jobs/remote/worker.hpp"

#include <chrono>
#include <utility>
#include <variant>

#include "jobs/remote/meant_for_all.hpp"
#include "jobs/shortage.hpp"

namespace tend::jobs {

namespace {

/// Others may give back processes or descriptors, and nobody tells us.
constexpr std::chrono::milliseconds shortage_pause{100};

}  // namespace

Worker::Worker(os::EventLoop& loop, MakeBackend make_backend,
               std::function<void(const Ended&)> on_ended)
    : loop_(loop), make_backend_(std::move(make_backend)), on_ended_(std::move(on_ended)) {}

Worker::~Worker() {
  loop_.cancel(retry_);
  for (const auto& [id, running] : running_) {
    loop_.cancel(running.report);
  }
}

Result<> Worker::begin(MessageStream::Ends ends, const Hello& hello) {
  auto stream =
      MessageStream::open(loop_, std::move(ends),
                          {.on_message = [this](const Message& message) { receive(message); },
                           .on_closed = [this](const std::optional<Error>& error) { end(error); }});
  if (!stream) {
    return std::unexpected(std::move(stream).error());
  }
  stream_ = *std::move(stream);
  return stream_->send(hello);
}

void Worker::end(const std::optional<Error>& error) {
  if (!std::exchange(is_over_, true)) {
    on_ended_({.unacknowledged = running_.size(), .error = error});
  }
}

// --- from the front end --------------------------------------------------------------------------

void Worker::receive(const Message& message) {
  if (is_over_) {
    return;
  }
  if (!settings_ && !std::holds_alternative<RunSettings>(message)) {
    end(Error{.step = "read message", .detail = "the front end did not begin with its settings"});
    return;
  }
  std::visit([this](const auto& of_kind) { on(of_kind); }, message);
}

void Worker::on(const RunSettings& setup) {
  settings_ = setup.settings;
  make_backend();
}

/// When there is no process for it now, attempts wait until there is.
void Worker::make_backend() {
  auto backend = make_backend_(*settings_, *this);
  if (backend) {
    backend_ = *std::move(backend);
    if (is_paused_) {
      backend_->pause();
    }
  } else if (is_shortage(backend.error())) {
    try_again_later();
  } else {
    failed(backend.error());
  }
}

void Worker::on(const StartAttempt& start) {
  const auto [place, is_new] =
      running_.try_emplace(start.attempt.id, Running{.attempt = start.attempt});
  if (!is_new) {
    end(Error{.step = "read message", .detail = "an attempt was sent twice"});
    return;
  }
  Running& running = place->second;
  running.input_bytes = start.has_input ? start.input_bytes : 0;
  if (running.input_bytes == 0) {
    if (start.has_input) {
      running.attempt.input = std::make_shared<const std::string>();
    }
    try_start(running);
  }
}

void Worker::on(const AttemptInput& input) {
  Running* running = find(input.id);
  if (running == nullptr || running->phase != Running::Phase::gathers_input) {
    return;  // It was stopped meanwhile.
  }
  running->input += input.bytes;
  if (running->input.size() >= running->input_bytes) {
    running->attempt.input = std::make_shared<const std::string>(std::move(running->input));
    try_start(*running);
  }
}

void Worker::on(const StopAttempt& stop) {
  Running* running = find(stop.id);
  if (running == nullptr || running->phase == Running::Phase::ended) {
    return;
  }
  if (running->phase == Running::Phase::runs) {
    backend_->stop(stop.id, stop.how);
  } else {
    ended(stop.id, {.end = AttemptEnd::stopped});
  }
}

void Worker::on(const LimitAttempt& limit) {
  Running* running = find(limit.id);
  if (running == nullptr) {
    return;
  }
  running->attempt.timeout = limit.limit;
  if (running->phase == Running::Phase::runs) {
    backend_->set_timeout(limit.id, limit.limit);
  }
}

void Worker::on(const Credit& credit) {
  Running* running = find(credit.id);
  if (running == nullptr) {
    return;
  }
  running->allowed_bytes += credit.bytes;
  if (running->is_held && running->sent_bytes < running->allowed_bytes) {
    running->is_held = false;
    backend_->hold_output(credit.id, false);
  }
}

void Worker::on(const Acknowledge& acknowledge) { running_.erase(acknowledge.id); }

void Worker::on(const PauseJobs& /*pause*/) {
  is_paused_ = true;
  if (backend_) {
    backend_->pause();
  }
}

void Worker::on(const ResumeJobs& /*resume*/) {
  is_paused_ = false;
  if (backend_) {
    backend_->resume();
  }
}

void Worker::on(const Ping& /*ping*/) { send(Pong{}); }

template <typename T>
void Worker::on(const T& /*message*/) {
  end(Error{.step = "read message", .detail = "the front end sent what only a worker sends"});
}

void Worker::try_start(Running& running) {
  if (!backend_) {
    running.phase = Running::Phase::waits_for_room;
    return;
  }
  // Before the call, from within which events may come.
  running.phase = Running::Phase::runs;
  if (backend_->start(running.attempt) == Taken::later) {
    running.phase = Running::Phase::waits_for_room;
    try_again_later();
  }
}

void Worker::try_again_later() {
  if (retry_ != os::TimerId::none) {
    return;
  }
  retry_ = loop_.add_timer(shortage_pause, [this] {
    retry_ = os::TimerId::none;
    if (!backend_) {
      make_backend();
    }
    if (backend_) {
      has_room();
    }
  });
}

// --- from the backend ----------------------------------------------------------------------------

void Worker::started(AttemptId id, const AttemptStart& start) {
  send(AttemptStarted{.id = id, .start = start}, MessageStream::When::soon);
}

void Worker::output(AttemptId id, OutputStream stream, std::string_view bytes) {
  Running* running = find(id);
  if (running == nullptr) {
    return;
  }
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, piece_bytes_max);
    bytes.remove_prefix(piece.size());
    running->sent_bytes += piece.size();
    send(AttemptOutput{.id = id, .stream = stream, .bytes = piece}, MessageStream::When::soon);
  }
  if (!running->is_held && running->sent_bytes >= running->allowed_bytes) {
    running->is_held = true;
    backend_->hold_output(id, true);
  }
}

void Worker::ended(AttemptId id, const AttemptResult& result) {
  Running* running = find(id);
  if (running == nullptr) {
    return;
  }
  running->phase = Running::Phase::ended;
  running->attempt.input.reset();
  if (!may_be_meant_for_all(result)) {
    tell_end(id, *running, result);
    return;
  }
  running->report = loop_.add_timer(pause_after_signal, [this, id, result] {
    if (Running* late = find(id)) {
      late->report = os::TimerId::none;
      tell_end(id, *late, result);
    }
  });
}

void Worker::tell_end(AttemptId id, const Running& running, const AttemptResult& result) {
  send(AttemptEnded{.id = id, .result = result, .output_bytes = running.sent_bytes});
}

void Worker::has_room() {
  for (auto& [id, running] : running_) {
    if (running.phase == Running::Phase::waits_for_room) {
      try_start(running);
    }
    if (running.phase == Running::Phase::waits_for_room) {
      return;
    }
  }
}

/// A local backend has nothing to tell the people at the other end.
void Worker::notice(const std::string& /*words*/) {}

void Worker::failed(const Error& error) {
  send(WorkerFailed{.problem = error.message()});
  end(error);
}

void Worker::send(const Message& message, MessageStream::When when) {
  if (const auto sent = stream_->send(message, when); !sent) {
    end(sent.error());
  }
}

Worker::Running* Worker::find(AttemptId id) {
  const auto place = running_.find(id);
  return place == running_.end() ? nullptr : &place->second;
}

}  // namespace tend::jobs
