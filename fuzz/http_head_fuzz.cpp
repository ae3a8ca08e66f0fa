// Whatever a service answers to a probe: the verdict does not depend on how the bytes were cut, and
// no path or host can add a line to the request.

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "service/director/http_head.hpp"
#include "target.hpp"

namespace {

using namespace tend::service;
using tend::fuzz::require;

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

void tend::fuzz::try_input(std::string_view input) {
  check_answer(input);
  check_request(input);
}
