#include "service/director/http_probe.hpp"

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "os/files.hpp"
#include "os/tcp_socket.hpp"
#include "os/unix_socket.hpp"
#include "service/director/http_head.hpp"

namespace tend::service {

HttpProbe::HttpProbe(os::EventLoop& loop, const Readiness& readiness)
    : loop_(loop), connection_(loop, readiness.host, readiness.port) {
  const std::string host = readiness.http_host.empty()
                               ? os::endpoint_text(readiness.host, readiness.port)
                               : readiness.http_host;
  request_ = http_get(host, readiness.path);
}

HttpProbe::~HttpProbe() { loop_.remove(watch_); }

std::string HttpProbe::overdue(const std::string& limit) const {
  return (is_connected_ ? "no HTTP answer from " : "no answer from ") + connection_.endpoint() +
         " within " + limit;
}

void HttpProbe::begin() {
  connection_.start([this](std::string problem) {
    if (!problem.empty()) {
      end(std::move(problem));
      return;
    }
    is_connected_ = true;
    ask();
  });
}

void HttpProbe::ask() {
  const auto watch = loop_.add(connection_.socket(), os::Interest::write, [this](os::Ready) {
    if (request_.empty()) {
      read_answer();
    } else {
      write_request();
    }
  });
  if (!watch) {
    end(watch.error().message());
    return;
  }
  watch_ = *watch;
}

void HttpProbe::write_request() {
  const auto sent = os::send_message(connection_.socket(), request_);
  if (!sent) {
    if (sent.error().code != EAGAIN) {
      end(connection_.endpoint() + " closed the connection before the request was sent");
    }
    return;
  }
  request_.erase(0, *sent);
  if (request_.empty()) {
    static_cast<void>(loop_.modify(watch_, os::Interest::read));
  }
}

void HttpProbe::read_answer() {
  std::array<char, http_head_bytes_max> buffer{};
  const auto got = os::read_some(connection_.socket(), buffer);
  if (!got && got.error().code == EAGAIN) {
    return;
  }
  if (!got || *got == 0) {
    end(connection_.endpoint() + " closed the connection without an HTTP answer");
    return;
  }
  answer_.append(buffer.data(), *got);
  const HttpHead head = read_http_head(answer_);
  switch (head.state) {
    case HttpHead::State::partial: return;
    case HttpHead::State::malformed:
      end("what " + connection_.endpoint() + " answers is not HTTP");
      return;
    case HttpHead::State::complete:
      end(is_http_success(head.status) ? std::string() : "HTTP " + std::to_string(head.status));
      return;
  }
}

}  // namespace tend::service
