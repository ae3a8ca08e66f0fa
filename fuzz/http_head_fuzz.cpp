// Whatever a service answers to a probe: the verdict does not depend on how the bytes were cut, and
// no path or host can add a line to the request.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "service/director/http_head.hpp"

namespace {

using namespace tend::service;

void require(bool claim) {
  if (!claim) {
    std::abort();
  }
}

/// More bytes never change a verdict.
void check_answer(std::string_view bytes) {
  const HttpHead whole = read_http_head(bytes);
  require(whole.state != HttpHead::State::complete ||
          (whole.status >= 100 && whole.status < 600 && !bytes.empty()));
  require(whole.state != HttpHead::State::partial || bytes.size() < http_head_bytes_max);
  const std::size_t step = std::max<std::size_t>(1, bytes.size() / 64);
  for (std::size_t length = 0; length < bytes.size(); length += step) {
    const HttpHead part = read_http_head(bytes.substr(0, length));
    require(part.state == HttpHead::State::partial || part == whole);
  }
}

void check_request(std::string_view text) {
  const std::size_t half = text.size() / 2;
  const std::string request = http_get(text.substr(0, half), text.substr(half));
  require(std::ranges::count(request, '\n') == 6);
  require(std::ranges::count(request.substr(0, request.find('\r')), ' ') == 2);
  require(!request.contains('\0'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_answer(bytes);
  check_request(bytes);
  return 0;
}
