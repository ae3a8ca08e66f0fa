#include <tend/error.hpp>

#include <cstring>
#include <utility>

namespace tend {

namespace {

std::string describe(int code) {
  char buffer[128] = {};
  // The GNU strerror_r returns the text, which need not lie in the buffer.
  return strerror_r(code, buffer, sizeof buffer);
}

}  // namespace

std::string Error::message() const {
  std::string line = context;
  const auto add = [&line](const std::string& part, const char* separator) {
    if (part.empty()) {
      return;
    }
    if (!line.empty()) {
      line += separator;
    }
    line += part;
  };
  add(step, ": ");
  add(subject, step.empty() ? ": " : " ");
  add(detail, ": ");
  if (code != 0) {
    add(describe(code), ": ");
  }
  return line;
}

Error Error::within(std::string larger) && {
  context = context.empty() ? std::move(larger) : std::move(larger) + ": " + context;
  return std::move(*this);
}

std::unexpected<Error> failed(std::string step, std::string subject, int code) {
  return std::unexpected(
      Error{.step = std::move(step), .subject = std::move(subject), .code = code});
}

std::unexpected<Error> refused(std::string step, std::string subject, std::string detail) {
  return std::unexpected(
      Error{.step = std::move(step), .subject = std::move(subject), .detail = std::move(detail)});
}

}  // namespace tend
