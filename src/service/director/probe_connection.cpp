#include "service/director/probe_connection.hpp"

#include <cerrno>
#include <utility>

#include "base/try.hpp"
#include "os/tcp_socket.hpp"

namespace tend::service {

namespace {

std::string in_words(const Error& error) {
  if (error.code == ECONNREFUSED) {
    return "connection refused by " + error.subject;
  }
  return error.message();
}

}  // namespace

void ProbeConnection::start(OnEnd on_end) {
  on_end_ = std::move(on_end);
  const auto begun = begin();
  if (!begun) {
    end(in_words(begun.error()));
  }
}

Result<> ProbeConnection::begin() {
  socket_ = TEND_TRY(os::start_connecting(ip_, port_));
  watch_ = TEND_TRY(loop_.add(socket_, os::Interest::write, [this](os::Ready) { finish(); }));
  return {};
}

void ProbeConnection::finish() {
  loop_.remove(std::exchange(watch_, os::WatchId::none));
  const auto finished = os::finish_connecting(socket_, ip_, port_);
  end(finished ? std::string() : in_words(finished.error()));
}

void ProbeConnection::end(std::string problem) {
  OnEnd on_end = std::move(on_end_);
  on_end(std::move(problem));
}

std::string ProbeConnection::endpoint() const { return os::endpoint_text(ip_, port_); }

}  // namespace tend::service
