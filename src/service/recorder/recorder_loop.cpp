#include "service/recorder/recorder_loop.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "base/try.hpp"
#include "os/pause.hpp"
#include "os/pipe.hpp"
#include "os/unix_socket.hpp"
#include "service/keeper/state_view.hpp"

namespace tend::service {

namespace {

using namespace std::chrono_literals;

/// After a turn in which little came: waking for every line costs more than moving it.
constexpr auto pause_after_little = 300us;
constexpr std::size_t much_bytes = 64 * 1024;
constexpr auto retry_every = 1s;
constexpr auto held_at_most = 1s;
constexpr auto wait_max = std::chrono::milliseconds(std::numeric_limits<int>::max());
constexpr int messages_per_turn = 256;

/// A pipe that gave something in so many turns in a row is not watched but visited, until a visit
/// finds it empty: while an epoll watches a pipe, each write to it costs its writer 40 % more
/// (measured, lines of 100 bytes).
constexpr std::uint32_t turns_until_busy = 4;

/// What one pipe may give at the end: a leftover process may go on writing for ever.
constexpr int portions_at_finish_max = 256;

}  // namespace

RecorderLoop::RecorderLoop(os::EventLoop loop, os::Fd keeper, os::Fd heirs, Mover& mover,
                           StateFile& state, PipeBudget budget)
    : loop_(std::move(loop)),
      succession_(loop_, state, std::move(heirs)),
      keeper_(std::move(keeper)),
      mover_(mover),
      shown_(state.header().recorder),
      budget_(budget) {}

void RecorderLoop::take(StoredKind kind, std::uint32_t record, std::uint32_t run, os::Fd fd) {
  if (kind == StoredKind::log_pipe) {
    add(std::move(fd), record, run);
  } else {
    succession_.keep(kind, record, run, std::move(fd));
  }
}

void RecorderLoop::add(os::Fd pipe, std::uint32_t record, std::uint32_t run) {
  const Key key{record, run};
  if (sources_.contains(key) || !mover_.knows(record)) {
    return;
  }
  Source source{.pipe = std::move(pipe)};
  source.size = os::pipe_size(source.pipe).value_or(0);
  if (source.size >= PipeBudget::grown_bytes) {
    source.is_grown = true;
    budget_.take(source.size);
  }
  const auto [added, is_new] = sources_.emplace(key, std::move(source));
  if (has_older(key)) {
    hold_back(key);
  } else {
    watch(key);
  }
  // After a restart the pipes come in any order.
  if (const auto newer = std::next(added);
      newer != sources_.end() && newer->first.first == record && !held_.contains(newer->first)) {
    hold_back(newer->first);
  }
}

bool RecorderLoop::has_older(Key key) const {
  const auto first = sources_.lower_bound({key.first, 0});
  return first != sources_.end() && first->first < key;
}

/// What an ended run has left in its pipe comes before the first word of the next one.
void RecorderLoop::hold_back(Key key) {
  unwatch(sources_.at(key));
  busy_.erase(key);
  held_.insert(key);
  if (held_timer_ == os::TimerId::none) {
    held_timer_ = loop_.add_timer(held_at_most, [this] { look_at_held(); });
  }
}

/// A pipe that somebody outside of the run keeps open must not hold the next run back for ever: one
/// that is silent for the whole time does not.
void RecorderLoop::look_at_held() {
  held_timer_ = os::TimerId::none;
  for (const Key& key : std::vector<Key>(held_.begin(), held_.end())) {
    const auto older = std::prev(sources_.find(key));
    const bool is_stuck = parked_.contains(older->first) || held_.contains(older->first);
    if (!is_stuck && !std::exchange(older->second.has_moved, false)) {
      held_.erase(key);
      watch(key);
    }
  }
  if (!held_.empty()) {
    held_timer_ = loop_.add_timer(held_at_most, [this] { look_at_held(); });
  }
}

void RecorderLoop::release_next(std::uint32_t record) {
  const auto next = sources_.lower_bound({record, 0});
  if (next != sources_.end() && next->first.first == record && held_.erase(next->first) != 0) {
    watch(next->first);
  }
}

Result<> RecorderLoop::run() {
  keeper_watch_ =
      TEND_TRY(loop_.add(keeper_, os::Interest::read, [this](os::Ready) { on_keeper(); }));
  if (const auto recovered = mover_.recover(); !recovered) {
    blocked_errno_ = recovered.error().code;
  }
  show_blocked();
  while (!is_done()) {
    has_moved_ = false;
    has_moved_much_ = false;
    ++turn_;
    static_cast<void>(TEND_TRY(loop_.run_once(busy_.empty() ? wait_max : 0ms)));
    visit_busy();
    if (has_moved_ && !has_moved_much_) {
      os::pause_for(pause_after_little);
    }
  }
  return {};
}

bool RecorderLoop::is_done() const {
  const bool is_all_written = parked_.empty() && !mover_.is_stuck() && mover_.dropping_errno() == 0;
  const bool is_last = !keeper_ && sources_.empty() && !succession_.has_leaders();
  return succession_.is_over() || (is_all_written && (is_finishing_ || is_last));
}

RecorderLoop::Served RecorderLoop::serve(Key key) {
  // The rest of this turn: the successor is at work in the same pipes and files.
  if (succession_.is_over()) {
    return Served::idle;
  }
  Source& source = sources_.at(key);
  const auto moved = mover_.move(source.pipe, key.first, key.second);
  show_blocked();
  if (!moved) {
    park(key, moved.error().code);
    return Served::blocked;
  }
  if (moved->is_end) {
    end(key);
    return Served::ended;
  }
  if (moved->bytes == 0) {
    return Served::idle;
  }
  note_speed(key, source, moved->bytes);
  return Served::moved;
}

void RecorderLoop::note_speed(Key key, Source& source, std::size_t bytes) {
  const bool is_busy = PipeBudget::is_busy(bytes, source.size);
  source.turns_in_row = source.last_turn + 1 == turn_ ? source.turns_in_row + 1 : 0;
  source.last_turn = turn_;
  if (source.turns_in_row >= turns_until_busy && source.watch != os::WatchId::none) {
    unwatch(source);
    busy_.insert(key);
  }
  source.has_moved = true;
  has_moved_ = true;
  has_moved_much_ = has_moved_much_ || is_busy || bytes >= much_bytes;
  if (is_busy && !source.is_grown && budget_.may_grow(source.size)) {
    source.is_grown = true;  // Also when it is refused: asked once.
    source.size = os::resize_pipe(source.pipe, PipeBudget::grown_bytes).value_or(source.size);
    if (source.size >= PipeBudget::grown_bytes) {
      budget_.take(source.size);
    }
  }
}

void RecorderLoop::visit_busy() {
  for (const Key& key : std::vector<Key>(busy_.begin(), busy_.end())) {
    if (serve(key) == Served::idle) {
      busy_.erase(key);
      watch(key);
    }
  }
}

void RecorderLoop::watch(Key key) {
  Source& source = sources_.at(key);
  if (source.watch != os::WatchId::none) {
    return;
  }
  const auto added = loop_.add(source.pipe, os::Interest::read, [this, key](os::Ready ready) {
    // Most runs end without a last word: then no file has to be opened to find that out.
    if (ready.is_hung_up && !ready.is_readable && !succession_.is_over()) {
      end(key);
    } else {
      serve(key);
    }
  });
  if (added) {
    source.watch = *added;
  } else {
    park(key, added.error().code);
  }
}

void RecorderLoop::unwatch(Source& source) {
  loop_.remove(source.watch);
  source.watch = os::WatchId::none;
}

/// A pipe without a writer would say so for ever.
void RecorderLoop::end(Key key) {
  const auto at = sources_.find(key);
  unwatch(at->second);
  if (at->second.size >= PipeBudget::grown_bytes) {
    budget_.give_back(at->second.size);
  }
  sources_.erase(at);
  parked_.erase(key);
  busy_.erase(key);
  held_.erase(key);
  release_next(key.first);
  if (keeper_) {
    ended_.push_back(key);
    send_ended();
  }
}

void RecorderLoop::park(Key key, int code) {
  blocked_errno_ = code;
  unwatch(sources_.at(key));
  busy_.erase(key);
  parked_.insert(key);
  show_blocked();
}

/// Shows why nothing can be written, and sees to it that it is tried again: the only timer there
/// is.
void RecorderLoop::show_blocked() {
  const bool is_waiting = !parked_.empty() || mover_.is_stuck();
  const int code = is_waiting ? blocked_errno_ : mover_.dropping_errno();
  if (load_shared(shown_.blocked_errno) != code) {
    store_shared(shown_.blocked_errno, code);
  }
  if (code != 0 && retry_timer_ == os::TimerId::none) {
    retry_timer_ = loop_.add_timer(retry_every, [this] { retry(); });
  }
}

void RecorderLoop::retry() {
  retry_timer_ = os::TimerId::none;
  if (succession_.is_over()) {
    return;
  }
  if (const auto settled = mover_.settle(); !settled) {
    blocked_errno_ = settled.error().code;
    show_blocked();
    return;
  }
  mover_.stop_dropping();
  // Taken out only when it works, so that what is shown does not flicker.
  for (const Key& key : std::vector<Key>(parked_.begin(), parked_.end())) {
    const Served served = serve(key);
    if (served == Served::blocked && mover_.is_stuck()) {
      break;
    }
    if (served == Served::moved || served == Served::idle) {
      parked_.erase(key);
      if (is_finishing_) {
        drain(key);
      } else {
        watch(key);
      }
    }
  }
  show_blocked();
}

void RecorderLoop::on_keeper() {
  for (int count = 0; count < messages_per_turn && keeper_; ++count) {
    auto received = os::receive_message(keeper_, sizeof(keeper::Message));
    if (!received || (*received && (*received)->is_end)) {
      lose_keeper();
    } else if (!*received) {
      break;
    } else if ((*received)->bytes.size() == sizeof(keeper::Message)) {
      keeper::Message message;
      std::memcpy(&message, (*received)->bytes.data(), sizeof message);
      handle(message, (*received)->descriptors);
    }
  }
  if (keeper_) {
    succession_.forget_dropped();
  }
  send_ended();
}

void RecorderLoop::handle(const keeper::Message& message, std::span<os::Fd> descriptors) {
  if (message.type == keeper::MessageType::pass && descriptors.size() == 1) {
    take(message.kind, message.record, message.run, std::move(descriptors.front()));
  } else if (message.type == keeper::MessageType::finish && !is_finishing_) {
    finish();
  }
}

/// The keeper's copies of ended pipes can be closed. It may be behind with reading; then later.
void RecorderLoop::send_ended() {
  while (keeper_ && !ended_.empty()) {
    const keeper::Message message{.type = keeper::MessageType::log_ended,
                                  .kind = StoredKind::log_pipe,
                                  .record = ended_.front().first,
                                  .run = ended_.front().second};
    char bytes[sizeof message];
    std::memcpy(bytes, &message, sizeof message);
    const auto sent = os::send_message(keeper_, std::string_view(bytes, sizeof bytes));
    if (!sent && sent.error().code == EAGAIN) {
      watch_keeper_for(os::Interest::read_write);
      return;
    }
    if (!sent) {
      lose_keeper();
      return;
    }
    ended_.pop_front();
  }
  watch_keeper_for(os::Interest::read);
}

void RecorderLoop::watch_keeper_for(os::Interest interest) {
  if (interest != keeper_interest_ && loop_.modify(keeper_watch_, interest)) {
    keeper_interest_ = interest;
  }
}

/// Without a keeper we live on until every service and every pipe has ended, or until the next
/// keeper takes over.
void RecorderLoop::lose_keeper() {
  loop_.remove(keeper_watch_);
  keeper_watch_ = os::WatchId::none;
  keeper_.reset();
  ended_.clear();
  if (!is_finishing_) {
    succession_.begin([this] { return offers(); });
  }
}

std::vector<Offer> RecorderLoop::offers() const {
  std::vector<Offer> offers = {{.kind = StoredKind::staging_read, .fd = &mover_.staging().read},
                               {.kind = StoredKind::staging_write, .fd = &mover_.staging().write}};
  for (const auto& [key, source] : sources_) {
    offers.push_back(
        {.kind = StoredKind::log_pipe, .record = key.first, .run = key.second, .fd = &source.pipe});
  }
  return offers;
}

void RecorderLoop::finish() {
  is_finishing_ = true;
  busy_.clear();
  std::vector<Key> keys;
  for (auto& [key, source] : sources_) {
    unwatch(source);
    keys.push_back(key);
  }
  for (const Key& key : keys) {
    drain(key);
  }
}

void RecorderLoop::drain(Key key) {
  for (int portion = 0; portion < portions_at_finish_max; ++portion) {
    if (serve(key) != Served::moved) {
      return;
    }
  }
}

}  // namespace tend::service
