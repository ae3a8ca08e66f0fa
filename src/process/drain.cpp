#include "process/drain.hpp"

#include <algorithm>

namespace tend::process {

void Drain::received(Stream stream, std::string_view bytes, Instant now) {
  std::string& text = at(stream).text;
  const std::size_t room = options_.bytes_max - std::min(options_.bytes_max, text.size());
  is_cut_ = is_cut_ || bytes.size() > room;
  text.append(bytes.substr(0, room));
  if (quiet_since_) {
    quiet_since_ = now;
  }
}

void Drain::child_ended(Instant now) {
  if (!quiet_since_) {
    quiet_since_ = now;
  }
}

bool Drain::is_done(Instant now) const {
  return quiet_since_ && (is_complete() || now >= *quiet_since_ + options_.linger);
}

std::optional<Drain::Instant> Drain::wake_at() const {
  if (!quiet_since_ || is_complete()) {
    return std::nullopt;
  }
  return *quiet_since_ + options_.linger;
}

}  // namespace tend::process
