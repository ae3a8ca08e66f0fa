#include "jobs/slots/jobserver.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/files.hpp"

namespace tend::jobs {

namespace {

/// An opening of our own of what a descriptor leads to: O_NONBLOCK on the inherited one would be on
/// make's as well (proc(5), /proc/PID/fd).
Result<os::Fd> open_again(int number, int flags) {
  auto opened = os::open_file(text::format("/proc/self/fd/{}", number), flags | O_NONBLOCK);
  if (!opened) {
    return refused("jobserver", text::format("descriptor {}", number),
                   "is not open, so the jobs of make cannot be counted in; put a + before the "
                   "recipe's command, as in `+tend run ...`");
  }
  return opened;
}

}  // namespace

Result<JobserverClient> JobserverClient::open(const JobserverAddress& address) {
  if (!address.fifo.empty()) {
    os::Fd read_end = TEND_TRY(os::open_file(address.fifo, O_RDWR | O_NONBLOCK | O_NOCTTY));
    os::Fd write_end = TEND_TRY(os::duplicate(read_end));
    return JobserverClient(std::move(read_end), std::move(write_end));
  }
  os::Fd read_end = TEND_TRY(open_again(address.read_end, O_RDONLY));
  os::Fd write_end = TEND_TRY(open_again(address.write_end, O_WRONLY));
  for (const os::Fd* end : {&read_end, &write_end}) {
    if (!TEND_TRY(os::status_of(*end)).is_fifo) {
      return refused("jobserver", "MAKEFLAGS", "its descriptors are no pipe of make's");
    }
  }
  return JobserverClient(std::move(read_end), std::move(write_end));
}

JobserverClient& JobserverClient::operator=(JobserverClient&& other) noexcept {
  std::swap(read_end_, other.read_end_);
  std::swap(write_end_, other.write_end_);
  std::swap(tokens_, other.tokens_);
  return *this;
}

JobserverClient::~JobserverClient() {
  while (!tokens_.empty()) {
    give_back();
  }
}

Result<bool> JobserverClient::try_take() {
  std::array<char, 1> token{};
  const auto got = os::read_some(read_end_, token);
  if (!got && got.error().code == EAGAIN) {
    return false;
  }
  if (!got) {
    return failed("jobserver", "read a token", got.error().code);
  }
  if (*got == 0) {  // make has gone: there is nobody to share with any more.
    return false;
  }
  tokens_.push_back(token.front());
  return true;
}

void JobserverClient::give_back() {
  const char token = tokens_.back();
  tokens_.pop_back();
  // The pipe was emptier by this byte, so it has room; nobody is told when make has gone.
  static_cast<void>(os::write_some(write_end_, std::string_view(&token, 1)));
}

}  // namespace tend::jobs
