#include "jobs/slots/token_channel.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/files.hpp"
#include "os/machine.hpp"

namespace tend::jobs {

namespace {

/// The numbers under which a job finds its pipe: out of the way of scripts, which use one digit.
constexpr int their_read_end = 20;
constexpr int their_write_end = 21;

constexpr char token = '+';

}  // namespace

Result<TokenChannel> TokenChannel::make(TokenForm form, const std::string& directory) {
  if (form == TokenForm::pipe) {
    os::Pipe pipe = TEND_TRY(os::make_pipe());
    os::Fd ours = TEND_TRY(os::open_pipe_again(pipe.write));
    return TokenChannel(std::move(ours), std::move(pipe), "");
  }
  std::string path = text::format("{}/tend-jobserver-{:016x}", directory, os::random_bits());
  TEND_TRY(os::make_fifo(path));
  TokenChannel channel({}, {}, std::move(path));
  channel.ours_ = TEND_TRY(os::open_file(channel.path_, O_RDWR | O_NONBLOCK));
  return channel;
}

TokenChannel& TokenChannel::operator=(TokenChannel&& other) noexcept {
  std::swap(ours_, other.ours_);
  std::swap(theirs_, other.theirs_);
  std::swap(path_, other.path_);
  std::swap(given_, other.given_);
  return *this;
}

TokenChannel::~TokenChannel() {
  if (!path_.empty()) {
    static_cast<void>(os::remove_file(path_));
  }
}

JobserverAddress TokenChannel::address() const {
  return path_.empty() ? JobserverAddress{.read_end = their_read_end, .write_end = their_write_end}
                       : JobserverAddress{.fifo = path_};
}

std::vector<SharedDescriptor> TokenChannel::descriptors() const {
  if (!path_.empty()) {
    return {};
  }
  return {{.ours = theirs_.read.get(), .theirs = their_read_end},
          {.ours = theirs_.write.get(), .theirs = their_write_end}};
}

TokenHolding TokenChannel::holding() const {
  const std::size_t unread = os::unread_bytes(ours_).value_or(0);
  return {.given = given_,
          .unclaimed = static_cast<unsigned>(std::min<std::size_t>(unread, given_))};
}

void TokenChannel::give(unsigned tokens) {
  const std::string bytes(tokens, token);
  given_ += bytes.empty() ? 0 : static_cast<unsigned>(os::write_some(ours_, bytes).value_or(0));
}

void TokenChannel::take_back(unsigned tokens) {
  std::string bytes(std::min(tokens, given_), token);
  given_ -= static_cast<unsigned>(os::read_some(ours_, std::span(bytes)).value_or(0));
}

}  // namespace tend::jobs
