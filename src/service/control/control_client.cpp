#include "service/control/control_client.hpp"

#include <cerrno>
#include <string_view>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/readable.hpp"
#include "os/unix_socket.hpp"

namespace tend::service {

namespace {

constexpr std::size_t line_bytes_max = 1024 * 1024;
constexpr std::size_t receive_bytes = 64 * 1024;

}  // namespace

Result<ControlClient> ControlClient::connect(const std::string& socket_path) {
  return ControlClient(TEND_TRY(os::connect_unix(socket_path)));
}

Result<> ControlClient::send(const Request& request) {
  const std::string line = to_line(request) + "\n";
  if (line.size() > request_bytes_max) {
    return refused("send request", "",
                   text::format("longer than {} bytes: name fewer services", request_bytes_max));
  }
  std::string_view rest = line;
  while (!rest.empty()) {
    rest.remove_prefix(TEND_TRY(os::send_message(fd_, rest)));
  }
  return {};
}

Result<std::optional<Reply>> ControlClient::take_line() {
  const std::size_t end = bytes_.find('\n', start_);
  if (end == std::string::npos) {
    if (bytes_.size() - start_ > line_bytes_max) {
      return refused("read reply", "", text::format("longer than {} bytes", line_bytes_max));
    }
    return std::nullopt;
  }
  const std::string_view line = std::string_view(bytes_).substr(start_, end - start_);
  start_ = end + 1;
  return TEND_TRY(parse_reply(line));
}

/// Whether anything came, the end included.
Result<bool> ControlClient::receive() {
  bytes_.erase(0, std::exchange(start_, 0));
  if (is_end_ || !TEND_TRY(os::wait_readable(fd_, os::Instant{}))) {
    return is_end_;
  }
  auto received = os::receive_message(fd_, receive_bytes);
  if (!received && received.error().code == ECONNRESET) {
    is_end_ = true;  // A director that was killed with our request still unread.
    return true;
  }
  if (!received) {
    return std::unexpected(std::move(received).error());
  }
  if (!received->has_value()) {
    return false;
  }
  if ((*received)->is_end) {
    is_end_ = true;
    bytes_.clear();  // Half a line says nothing.
    return true;
  }
  bytes_ += (*received)->bytes;
  return true;
}

Result<std::optional<Reply>> ControlClient::next(std::optional<os::Instant> deadline) {
  while (true) {
    auto reply = TEND_TRY(take_line());
    if (reply || is_end_) {
      return reply;
    }
    if (!TEND_TRY(os::wait_readable(fd_, deadline))) {
      return failed("read reply", "", ETIMEDOUT);
    }
    static_cast<void>(TEND_TRY(receive()));
  }
}

Result<std::vector<Reply>> ControlClient::read_available() {
  std::vector<Reply> replies;
  while (true) {
    auto reply = TEND_TRY(take_line());
    if (reply) {
      replies.push_back(std::move(*reply));
    } else if (is_end_ || !TEND_TRY(receive())) {
      return replies;
    }
  }
}

bool is_not_running(const Error& error) noexcept {
  return error.step == "connect" && (error.code == ENOENT || error.code == ECONNREFUSED);
}

Result<std::optional<Done>> converse(const Conversation& conversation,
                                     const std::function<void(const Reply&)>& on_reply) {
  ControlClient client = TEND_TRY(ControlClient::connect(conversation.socket_path));
  TEND_TRY(client.send(conversation.request));
  while (true) {
    const auto reply = TEND_TRY(client.next(conversation.deadline));
    if (!reply) {
      return std::nullopt;
    }
    if (const Done* done = std::get_if<Done>(&*reply)) {
      return *done;
    }
    on_reply(*reply);
  }
}

}  // namespace tend::service
