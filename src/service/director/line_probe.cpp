#include "service/director/line_probe.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "os/files.hpp"

namespace tend::service {

std::string LineProbe::overdue(const std::string& limit) const {
  return "no newline on descriptor " + std::to_string(number_) + " within " + limit;
}

void LineProbe::begin() {
  auto watch = loop_.add(pipe_, os::Interest::read, [this](os::Ready) { read_on(); });
  if (!watch) {
    end(watch.error().message());
    return;
  }
  watch_ = *watch;
}

void LineProbe::read_on() {
  // The loop says that there is something, or the end: one read does not block.
  std::array<char, 512> buffer{};
  const auto got = os::read_some(pipe_, buffer);
  if (!got && got.error().code == EAGAIN) {
    return;
  }
  if (!got || *got == 0) {
    end("it closed descriptor " + std::to_string(number_) + " without a newline");
    return;
  }
  const auto last = buffer.begin() + static_cast<std::ptrdiff_t>(*got);
  if (std::find(buffer.begin(), last, '\n') != last) {
    end();
  }
}

}  // namespace tend::service
