#include "jobs/remote/message_stream.hpp"

#include <cerrno>
#include <chrono>
#include <utility>

#include "base/try.hpp"
#include "os/files.hpp"
#include "os/pipe.hpp"

namespace tend::jobs {

namespace {

// One read; also what a turn of the loop takes at most, so that each stream gets its turn.
constexpr std::size_t read_bytes = std::size_t{128} << 10U;

// What is so long is not kept for company.
constexpr std::size_t packet_bytes = std::size_t{32} << 10U;

// Nobody sees it, and most small jobs are told of in one packet.
constexpr auto soon = std::chrono::milliseconds(20);

bool is_for_later(const Error& error) { return error.code == EAGAIN || error.code == EINTR; }

}  // namespace

MessageStream::MessageStream(os::EventLoop& loop, Ends ends, Handlers handlers)
    : loop_(loop), ends_(std::move(ends)), handlers_(std::move(handlers)), buffer_(read_bytes) {}

Result<std::unique_ptr<MessageStream>> MessageStream::open(os::EventLoop& loop, Ends ends,
                                                           Handlers handlers) {
  auto stream =
      std::unique_ptr<MessageStream>(new MessageStream(loop, std::move(ends), std::move(handlers)));
  TEND_TRY(os::set_nonblocking(stream->ends_.in));
  TEND_TRY(os::set_nonblocking(stream->ends_.out));
  TEND_TRY(stream->watch());
  stream->queue_ = greeting();
  stream->flush();
  return stream;
}

MessageStream::~MessageStream() {
  flush();
  loop_.cancel(soon_);
  loop_.remove(in_watch_);
  loop_.remove(out_watch_);
}

Result<> MessageStream::watch() {
  in_watch_ = TEND_TRY(loop_.add(ends_.in, os::Interest::read, [this](os::Ready) { receive(); }));
  out_watch_ = TEND_TRY(
      loop_.add(ends_.out, os::Interest::none, [this](os::Ready ready) { go_on_sending(ready); }));
  return {};
}

Result<> MessageStream::send(const Message& message, When when) {
  TEND_TRY(append_message(queue_, message));
  is_above_low_ = is_above_low_ || waiting_bytes() >= low_bytes;
  if (when == When::now || waiting_bytes() >= packet_bytes) {
    set_wants_room(true);
  } else if (soon_ == os::TimerId::none) {
    soon_ = loop_.add_timer(soon, [this] {
      soon_ = os::TimerId::none;
      flush();
    });
  }
  return {};
}

void MessageStream::receive() {
  const auto got = os::read_some(ends_.in, buffer_);
  if (!got) {
    if (!is_for_later(got.error())) {
      close(got.error());
    }
    return;
  }
  if (*got > 0) {
    reader_.feed(std::string_view(buffer_.data(), *got));
    take_messages();
    return;
  }
  is_at_end_ = true;
  if (reader_.is_at_boundary()) {
    close(std::nullopt);
  } else {
    close(Error{.step = reader_.is_greeted() ? "read frame" : "greet",
                .detail = reader_.is_greeted() ? "the stream ended within a message"
                                               : "the stream ended before a greeting"});
  }
}

void MessageStream::take_messages() {
  const std::weak_ptr<char> life = life_;
  while (true) {
    const auto frame = reader_.next();
    if (!frame) {
      close(frame.error());
      return;
    }
    if (!*frame) {
      return;
    }
    const auto message = decode_message(**frame);
    if (!message) {
      close(message.error());
      return;
    }
    handlers_.on_message(*message);
    if (life.expired()) {
      return;
    }
  }
}

void MessageStream::close(const std::optional<Error>& error) {
  loop_.remove(std::exchange(in_watch_, os::WatchId::none));
  loop_.remove(std::exchange(out_watch_, os::WatchId::none));
  is_broken_ = true;
  handlers_.on_closed(error);
}

void MessageStream::flush() {
  while (!is_broken_ && waiting_bytes() > 0) {
    const auto written =
        os::write_without_signal(ends_.out, std::string_view(queue_).substr(sent_));
    if (!written) {
      // The reason shows at the other descriptor, behind all that was still sent to us.
      is_broken_ = !is_for_later(written.error());
      break;
    }
    sent_ += *written;
  }
  if (is_broken_ || waiting_bytes() == 0) {
    queue_.clear();
    sent_ = 0;
  } else if (sent_ > low_bytes) {
    queue_.erase(0, sent_);
    sent_ = 0;
  }
  set_wants_room(!is_broken_ && (waiting_bytes() > 0 || is_above_low_));
}

void MessageStream::go_on_sending(os::Ready ready) {
  if (ready.has_error || ready.is_hung_up) {
    // Would be told for ever.
    is_broken_ = true;
    loop_.remove(std::exchange(out_watch_, os::WatchId::none));
  }
  flush();
  if (is_above_low_ && waiting_bytes() < low_bytes) {
    is_above_low_ = false;
    set_wants_room(!is_broken_ && waiting_bytes() > 0);
    if (handlers_.on_room) {
      handlers_.on_room();
    }
  }
}

void MessageStream::set_wants_room(bool wanted) {
  if (wanted == wants_room_ || out_watch_ == os::WatchId::none) {
    return;
  }
  wants_room_ = wanted;
  static_cast<void>(loop_.modify(out_watch_, wanted ? os::Interest::write : os::Interest::none));
}

}  // namespace tend::jobs
