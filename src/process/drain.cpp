#include <tend/drain.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace tend {

namespace {

constexpr std::size_t big = std::size_t{1} << 20;

bool is_reserved(std::string& text, std::size_t bytes) {
  try {
    text.reserve(bytes);
    return true;
  } catch (const std::exception&) {  // No memory, or more than a string can have.
    return false;
  }
}

}  // namespace

void Drain::received(std::size_t stream, std::string_view bytes, Instant now) {
  std::string& text = streams_[stream].text;
  const std::size_t room = options_.bytes_max - std::min(options_.bytes_max, text.size());
  is_cut_ = is_cut_ || bytes.size() > room;
  text.append(bytes.substr(0, room));
  quiet_since_ = now;
}

/// A text that has become big grows by far more than the usual double, because what it has must be
/// moved to fresh memory each time. Memory that is never touched costs nothing; where so much is
/// not to be had, less will do.
std::string& Drain::make_room(std::size_t stream, std::size_t bytes) {
  std::string& text = streams_[stream].text;
  if (text.capacity() - text.size() >= bytes || text.size() < big) {
    return text;
  }
  for (const std::size_t factor : {1024U, 64U, 4U}) {
    if (is_reserved(text, std::min(factor * text.size() + bytes, options_.bytes_max))) {
      break;
    }
  }
  return text;
}

std::string Drain::take(std::size_t stream) {
  std::string text = std::move(streams_[stream].text);
  if (text.size() < big) {
    text.shrink_to_fit();
  }
  return text;
}

void Drain::child_ended(Instant now) {
  ++children_ended_;
  quiet_since_ = now;
  if (children_ended_ >= options_.children) {
    refuse_input();
  }
}

bool Drain::is_complete() const {
  return std::ranges::none_of(streams_, [](const Stream& stream) { return stream.is_open; });
}

bool Drain::is_done(Instant now) const {
  return children_ended_ >= options_.children &&
         (is_complete() || now >= quiet_since_ + options_.linger);
}

std::optional<Drain::Instant> Drain::wake_at() const {
  std::optional<Instant> at = options_.deadline;
  if (children_ended_ >= options_.children && !is_complete()) {
    const Instant silent = quiet_since_ + options_.linger;
    at = at ? std::min(*at, silent) : silent;
  }
  return at;
}

}  // namespace tend
