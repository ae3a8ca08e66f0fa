#include "jobs/remote/remote_backend.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "jobs/shortage.hpp"

namespace tend::jobs {

namespace {

constexpr int cannot_execute = 126;

// Credit goes back in portions of this many bytes, not for each piece.
constexpr std::uint64_t credit_bytes = output_window_bytes / 4;

std::string in_words(std::chrono::nanoseconds time) {
  return duration_text(std::chrono::duration_cast<std::chrono::milliseconds>(time));
}

}  // namespace

RemoteBackend::RemoteBackend(os::EventLoop& loop, RemoteOptions options, AttemptSettings settings,
                             BackendEvents& events, std::unique_ptr<WaitExplainer> explainer)
    : loop_(loop),
      options_(std::move(options)),
      settings_(std::move(settings)),
      events_(events),
      explainer_(std::move(explainer)),
      seats_(options_.workers),
      launch_timers_(options_.workers, os::TimerId::none),
      last_look_(loop.now()) {
  for (std::size_t at = 0; at < seats_.size(); ++at) {
    seats_[at].number = static_cast<unsigned>(at + 1);
    launch_timers_[at] = loop_.add_timer(std::chrono::nanoseconds(0), [this, at] { launch(at); });
  }
  look_timer_ = loop_.add_timer(options_.look_every, [this] { look(); });
}

RemoteBackend::~RemoteBackend() {
  loop_.cancel(look_timer_);
  for (const os::TimerId timer : launch_timers_) {
    loop_.cancel(timer);
  }
  // All of them end side by side; each is then waited for.
  for (const Seat& seat : seats_) {
    if (seat.worker) {
      seat.worker->hang_up();
    }
  }
}

// --- what the owner wishes -----------------------------------------------------------------------

Taken RemoteBackend::start(const Attempt& attempt) {
  Seat* best = nullptr;
  for (Seat& seat : seats_) {
    if (is_usable(seat) && seat.running < seat.slots &&
        (best == nullptr || seat.running < best->running)) {
      best = &seat;
    }
  }
  if (best == nullptr) {
    return Taken::later;
  }
  StartAttempt start{.attempt = attempt, .has_input = attempt.input != nullptr};
  start.attempt.input.reset();
  start.input_bytes = attempt.input ? attempt.input->size() : 0;
  if (const auto sent = best->worker->send(start); !sent) {
    events_.ended(attempt.id, {.end = AttemptEnd::not_started,
                               .status = ExitStatus::exited(cannot_execute),
                               .problem = sent.error().message()});
    return Taken::yes;
  }
  const auto at = static_cast<std::size_t>(best - seats_.data());
  running_.try_emplace(attempt.id, Running{.seat = at, .input = attempt.input});
  ++best->running;
  if (start.input_bytes > 0) {
    best->inputs.push_back(attempt.id);
    send_inputs(at);
  }
  return Taken::yes;
}

std::optional<unsigned> RemoteBackend::capacity() const {
  unsigned slots = 0;
  for (const Seat& seat : seats_) {
    slots += is_usable(seat) ? seat.slots : 0;
  }
  return slots;
}

void RemoteBackend::stop(AttemptId id, StopHow how) {
  if (const Running* running = find(id)) {
    send(running->seat, StopAttempt{.id = id, .how = how});
  }
}

void RemoteBackend::set_timeout(AttemptId id, std::optional<std::chrono::nanoseconds> limit) {
  if (const Running* running = find(id)) {
    send(running->seat, LimitAttempt{.id = id, .limit = limit});
  }
}

void RemoteBackend::hold_output(AttemptId id, bool is_held) {
  Running* running = find(id);
  if (running == nullptr || running->is_held == is_held) {
    return;
  }
  running->is_held = is_held;
  if (!is_held && (!running->held.empty() || running->held_result)) {
    // Not from within this call.
    loop_.add_timer(std::chrono::nanoseconds(0), [this, id, life = std::weak_ptr(life_)] {
      if (!life.expired()) {
        release(id);
      }
    });
  }
}

void RemoteBackend::pause() {
  is_paused_ = true;
  send_to_all(PauseJobs{});
  // Its owner stops now, and the loop with it.
  for (const Seat& seat : seats_) {
    if (seat.worker) {
      seat.worker->flush();
    }
  }
}

void RemoteBackend::resume() {
  is_paused_ = false;
  send_to_all(ResumeJobs{});
}

// --- workers come and go -------------------------------------------------------------------------

void RemoteBackend::launch(std::size_t at) {
  Seat& seat = seats_[at];
  launch_timers_[at] = os::TimerId::none;
  auto worker = LaunchedWorker::launch(
      loop_, {.launcher = options_.launcher, .program = options_.program, .number = seat.number},
      {.on_message = [this, at](const Message& message) { receive(at, message); },
       .on_lost = [this, at](const std::string& why) { lose(at, why); },
       .on_room = [this, at] { send_inputs(at); }});
  seat.since = loop_.now();
  seat.phase = Seat::Phase::launched;
  ++seat.launches;
  seat.has_result = false;
  if (!worker) {
    lose(at, worker.error().message(),
         is_shortage(worker.error()) ? LossKind::shortage : LossKind::failure);
    return;
  }
  seat.worker = *std::move(worker);
  if (options_.answer_within) {
    const os::Instant since = seat.since;
    launch_timers_[at] = loop_.add_timer(*options_.answer_within, [this, at, since] {
      Seat& late = seats_[at];
      if (late.phase == Seat::Phase::launched && late.since == since) {
        late.worker->abandon(
            text::format("it has not answered within {}", in_words(*options_.answer_within)));
      }
    });
  }
}

void RemoteBackend::lose(std::size_t at, const std::string& why, LossKind kind) {
  Seat& seat = seats_[at];
  loop_.cancel(std::exchange(launch_timers_[at], os::TimerId::none));
  const std::string problem = text::format("{} is lost: {}", name_of(seat), why);
  if (std::exchange(last_loss_, why) != why || seat.phase == Seat::Phase::ready) {
    events_.notice(problem);  // What fails the same way for all of them is told once.
  }
  seat.worker.reset();
  seat.phase = Seat::Phase::waits;
  seat.since = loop_.now();
  seat.slots = 0;
  seat.inputs.clear();
  seat.host.clear();
  const unsigned counted = kind == LossKind::shortage ? 0 : 1;
  seat.failures = seat.has_result ? counted : seat.failures + counted;
  if (seat.failures >= options_.launches.attempts_max) {
    seat.phase = Seat::Phase::given_up;
    events_.notice(text::format("worker {} is given up: lost {} times without any result",
                                seat.number, seat.failures));
  } else {
    launch_timers_[at] = loop_.add_timer(
        retry_pause(options_.launches, std::max(1U, seat.failures)), [this, at] { launch(at); });
  }
  lose_attempts(at, problem);
  fail_if_all_given_up();
}

void RemoteBackend::lose_attempts(std::size_t at, const std::string& why) {
  std::vector<AttemptId> lost;
  for (const auto& [id, running] : running_) {
    if (running.seat == at) {
      lost.push_back(id);
    }
  }
  for (const AttemptId id : lost) {
    finish(id, {.end = AttemptEnd::worker_lost, .problem = why});
  }
}

void RemoteBackend::fail_if_all_given_up() {
  const bool is_hopeless = std::ranges::all_of(
      seats_, [](const Seat& seat) { return seat.phase == Seat::Phase::given_up; });
  if (is_hopeless && !std::exchange(has_failed_, true)) {
    events_.failed(
        Error{.step = "launch workers", .subject = options_.launcher, .detail = last_loss_});
  }
}

// --- what workers say ----------------------------------------------------------------------------

void RemoteBackend::receive(std::size_t at, const Message& message) {
  Seat& seat = seats_[at];
  if (seat.worker->is_ending()) {
    return;
  }
  seat.last_heard = loop_.now();
  if (const auto* hello = std::get_if<Hello>(&message); hello != nullptr) {
    greet(at, *hello);
  } else if (seat.phase != Seat::Phase::ready) {
    seat.worker->abandon("it did not begin with who it is");
  } else if (const auto* started = std::get_if<AttemptStarted>(&message)) {
    take(at, *started);
  } else if (const auto* output = std::get_if<AttemptOutput>(&message)) {
    take(at, *output);
  } else if (const auto* ended = std::get_if<AttemptEnded>(&message)) {
    take(at, *ended);
  } else if (const auto* failed = std::get_if<WorkerFailed>(&message)) {
    seat.worker->abandon(failed->problem);
  } else if (!std::holds_alternative<Pong>(message)) {
    seat.worker->abandon("it sent what only a front end sends");
  }
}

void RemoteBackend::greet(std::size_t at, const Hello& hello) {
  Seat& seat = seats_[at];
  if (seat.phase != Seat::Phase::launched) {
    return;
  }
  loop_.cancel(std::exchange(launch_timers_[at], os::TimerId::none));
  seat.phase = Seat::Phase::ready;
  seat.since = loop_.now();
  seat.host = text::printable(text::with_valid_utf8(hello.host));
  seat.slots = std::max(1U, options_.slots.value_or(hello.cpus));
  RunSettings mine{.settings = settings_};
  // The mark of each worker's processes is its own: the guard of one that was killed ends what
  // carries it, and other workers may be on the same machine.
  mine.settings.token += text::format(".{}.{}", seat.number, seat.launches);
  send(at, mine);
  if (is_paused_) {
    send(at, PauseJobs{});
  }
  events_.has_room();
}

void RemoteBackend::take(std::size_t at, const AttemptStarted& started) {
  if (find(started.id, at) != nullptr) {
    events_.started(started.id, started.start);
  }
}

void RemoteBackend::take(std::size_t at, const AttemptOutput& output) {
  Running* running = find(output.id, at);
  if (running == nullptr) {
    return;
  }
  running->received_bytes += output.bytes.size();
  if (running->is_held || !running->held.empty()) {
    running->held.push_back({.stream = output.stream, .bytes = std::string(output.bytes)});
  } else {
    pass_on(output.id, *running, output.stream, output.bytes);
  }
}

void RemoteBackend::take(std::size_t at, const AttemptEnded& ended) {
  Running* running = find(ended.id, at);
  if (running == nullptr) {
    return;
  }
  if (ended.output_bytes != running->received_bytes) {
    seats_[at].worker->abandon(text::format("{} bytes of output were sent, and {} arrived",
                                            ended.output_bytes, running->received_bytes));
    return;
  }
  send(at, Acknowledge{.id = ended.id});
  seats_[at].has_result = true;
  if (running->is_held || !running->held.empty()) {
    running->held_result = ended.result;
  } else {
    finish(ended.id, ended.result);
  }
}

/// The owner may do anything from within output(): `running` is good only before.
void RemoteBackend::pass_on(AttemptId id, Running& running, OutputStream stream,
                            std::string_view bytes) {
  running.owed_bytes += bytes.size();
  if (running.owed_bytes >= credit_bytes) {
    send(running.seat, Credit{.id = id, .bytes = std::exchange(running.owed_bytes, 0)});
  }
  events_.output(id, stream, bytes);
}

void RemoteBackend::release(AttemptId id) {
  Running* running = find(id);
  if (running == nullptr) {
    return;
  }
  std::vector<Running::Piece> pieces = std::exchange(running->held, {});
  for (auto piece = pieces.begin(); piece != pieces.end(); ++piece) {
    running = find(id);
    if (running == nullptr) {
      return;
    }
    if (running->is_held) {  // Again, from within output().
      running->held.insert(running->held.begin(), std::make_move_iterator(piece),
                           std::make_move_iterator(pieces.end()));
      return;
    }
    pass_on(id, *running, piece->stream, piece->bytes);
  }
  running = find(id);
  if (running != nullptr && !running->is_held && running->held_result) {
    finish(id, AttemptResult(*running->held_result));
  }
}

void RemoteBackend::finish(AttemptId id, const AttemptResult& result) {
  const auto place = running_.find(id);
  Seat& seat = seats_[place->second.seat];
  seat.running -= seat.running > 0 ? 1 : 0;
  running_.erase(place);
  events_.ended(id, result);
}

// --- a look at them from time to time ------------------------------------------------------------

void RemoteBackend::look() {
  const os::Instant now = loop_.now();
  // We were stopped ourselves (Ctrl-Z, a suspended machine): nobody could be heard meanwhile.
  const bool was_away = now - std::exchange(last_look_, now) > 2 * options_.look_every;
  look_timer_ = loop_.add_timer(options_.look_every, [this] { look(); });
  if (was_away) {
    for (Seat& seat : seats_) {
      seat.last_heard = now;
    }
  }
  look_for_silence(now);
  look_for_waiting(now);
}

void RemoteBackend::look_for_silence(os::Instant now) {
  for (std::size_t at = 0; at < seats_.size(); ++at) {
    const Seat& seat = seats_[at];
    if (!is_usable(seat)) {
      continue;
    }
    if (now - seat.last_heard >= options_.silence_max) {
      seat.worker->abandon(
          text::format("it has not been heard for {}", in_words(options_.silence_max)));
    } else if (now - seat.last_heard >= options_.look_every) {
      send(at, Ping{});
    }
  }
}

void RemoteBackend::look_for_waiting(os::Instant now) {
  unsigned waiting = 0;
  std::vector<std::string> complaints;
  for (const Seat& seat : seats_) {
    if (seat.phase == Seat::Phase::launched && !seat.worker->is_ending() &&
        now - seat.since >= options_.look_every / 2) {
      ++waiting;
      complaints.emplace_back(seat.worker->complaints());
    }
  }
  if (waiting == 0) {
    return;
  }
  std::string words =
      text::format("{} of {} workers have not answered yet", waiting, seats_.size());
  const auto tell = [this](const std::string& line) {
    if (line != last_words_) {
      last_words_ = line;
      events_.notice(line);
    }
  };
  if (explainer_) {
    explainer_->explain(complaints, [tell, words](const std::string& why) {
      tell(why.empty() ? words : words + ": " + why);
    });
  } else {
    tell(words);
  }
}

// --- sending -------------------------------------------------------------------------------------

/// Input goes only as fast as the worker takes it: the rest stays where it is shared.
void RemoteBackend::send_inputs(std::size_t at) {
  Seat& seat = seats_[at];
  while (!seat.inputs.empty() && seat.worker &&
         seat.worker->waiting_bytes() < MessageStream::low_bytes) {
    const AttemptId id = seat.inputs.front();
    Running* running = find(id, at);
    if (running == nullptr || running->input_sent == running->input->size()) {
      seat.inputs.pop_front();
      continue;
    }
    const std::string_view piece =
        std::string_view(*running->input).substr(running->input_sent, piece_bytes_max);
    running->input_sent += piece.size();
    send(at, AttemptInput{.id = id, .bytes = piece});
  }
}

void RemoteBackend::send(std::size_t at, const Message& message) {
  if (const Seat& seat = seats_[at]; seat.worker) {
    if (const auto sent = seat.worker->send(message); !sent) {
      seat.worker->abandon(sent.error().message());
    }
  }
}

void RemoteBackend::send_to_all(const Message& message) {
  for (std::size_t at = 0; at < seats_.size(); ++at) {
    if (is_usable(seats_[at])) {
      send(at, message);
    }
  }
}

bool RemoteBackend::is_usable(const Seat& seat) {
  return seat.phase == Seat::Phase::ready && !seat.worker->is_ending();
}

RemoteBackend::Running* RemoteBackend::find(AttemptId id) {
  const auto place = running_.find(id);
  return place == running_.end() ? nullptr : &place->second;
}

RemoteBackend::Running* RemoteBackend::find(AttemptId id, std::size_t at) {
  Running* running = find(id);
  return running != nullptr && running->seat == at ? running : nullptr;
}

std::string RemoteBackend::name_of(const Seat& seat) const {
  return seat.host.empty() ? text::format("worker {}", seat.number)
                           : text::format("worker {} on {}", seat.number, seat.host);
}

}  // namespace tend::jobs
