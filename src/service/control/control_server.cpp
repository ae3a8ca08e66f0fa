#include "service/control/control_server.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "os/files.hpp"
#include "os/unix_socket.hpp"

namespace tend::service {

namespace {

constexpr std::size_t accepts_per_turn = 16;
constexpr std::size_t writes_per_turn = 4;
constexpr std::size_t read_bytes = std::size_t{16} * 1024;

// A source is asked for more as long as fewer bytes than this wait.
constexpr std::size_t stream_ahead_bytes = std::size_t{64} * 1024;

std::string problem_line(std::string message) {
  return to_line(Reply{Done{.code = 1, .message = std::move(message)}});
}

/// For those who are not let in: one line, which a fresh connection always has room for.
void turn_away(const os::Fd& socket, std::string message) {
  const std::string line = problem_line(std::move(message)) + "\n";
  static_cast<void>(os::send_message(socket, line));
}

bool is_out_of_descriptors(const Error& error) {
  return error.code == EMFILE || error.code == ENFILE;
}

}  // namespace

ControlServer::Client::Client(os::Fd connection, const ControlLimits& limits)
    : socket(std::move(connection)),
      request(limits.request_bytes_max),
      output(limits.output_bytes_max) {}

ControlServer::ControlServer(os::EventLoop& loop, os::Fd listener, std::uint32_t owner_uid,
                             Handler& handler, ControlLimits limits)
    : loop_(loop),
      listener_(std::move(listener)),
      owner_uid_(owner_uid),
      handler_(handler),
      limits_(limits) {}

ControlServer::~ControlServer() {
  stop_accepting();
  for (const auto& [id, client] : clients_) {
    loop_.remove(client->watch);
    loop_.cancel(client->timer);
  }
}

Result<> ControlServer::start() {
  spare_.refill();
  listener_watch_ =
      TEND_TRY(loop_.add(listener_, os::Interest::read, [this](os::Ready) { accept_waiting(); }));
  return {};
}

void ControlServer::stop_accepting() {
  loop_.remove(std::exchange(listener_watch_, os::WatchId::none));
  loop_.cancel(std::exchange(accept_timer_, os::TimerId::none));
  listener_.reset();
}

// --- accepting -----------------------------------------------------------------------------------

void ControlServer::accept_waiting() {
  for (std::size_t count = 0; count < accepts_per_turn; ++count) {
    auto accepted = os::accept_unix(listener_);
    if (!accepted) {
      // The connection still waits, so the listener stays readable: without a pause the loop would
      // do nothing else.
      if (is_out_of_descriptors(accepted.error())) {
        accept_on_spare();
      }
      pause_accepting();
      return;
    }
    if (!*accepted) {
      return;
    }
    take_in(std::move(**accepted));
  }
}

void ControlServer::accept_on_spare() {
  if (!spare_.give_one()) {
    return;
  }
  auto accepted = os::accept_unix(listener_);
  if (accepted && *accepted) {
    // The last one is for telling the others; the connection closes, so it can be had again.
    if (spare_.count() > 0) {
      take_in(std::move(**accepted));
    } else {
      turn_away(**accepted, "tend has no file descriptor left; try again, or raise `ulimit -n`");
      (*accepted)->reset();
    }
  }
  spare_.refill();
}

void ControlServer::pause_accepting() {
  static_cast<void>(loop_.modify(listener_watch_, os::Interest::none));
  accept_timer_ = loop_.add_timer(limits_.accept_pause, [this] {
    accept_timer_ = os::TimerId::none;
    spare_.refill();
    static_cast<void>(loop_.modify(listener_watch_, os::Interest::read));
  });
}

void ControlServer::take_in(os::Fd socket) {
  const auto peer = os::peer_of(socket);
  if (!peer) {
    return;
  }
  if (peer->uid != owner_uid_ && peer->uid != 0) {
    turn_away(socket,
              text::format("permission denied: this project belongs to uid {}, you are uid {}",
                           owner_uid_, peer->uid));
    return;
  }
  if (clients_.size() >= limits_.clients_max) {
    turn_away(socket, text::format("{} clients are connected already, which is the limit",
                                   limits_.clients_max));
    return;
  }
  const ClientId id{++last_id_};
  auto client = std::make_unique<Client>(std::move(socket), limits_);
  const auto watch = loop_.add(client->socket, os::Interest::read,
                               [this, id](os::Ready ready) { serve(id, ready); });
  if (!watch) {
    turn_away(client->socket, watch.error().message());
    return;
  }
  client->watch = *watch;
  client->timer = loop_.add_timer(limits_.request_within, [this, id] {
    if (Client* late = find(id)) {
      late->timer = os::TimerId::none;
      reject(id, "no whole request came within " + duration_text(limits_.request_within));
    }
  });
  clients_.emplace(id, std::move(client));
}

// --- one client ----------------------------------------------------------------------------------

void ControlServer::serve(ClientId id, os::Ready ready) {
  Client* client = find(id);
  if (client == nullptr) {
    return;
  }
  if (client->stage == Stage::request) {
    // Also when it has hung up: what it sent before counts, and the read finds the end.
    read_request(id);
    return;
  }
  if (ready.is_hung_up || ready.has_error) {
    close(id);
    return;
  }
  if (ready.is_writable) {
    write_output(id);
  }
}

void ControlServer::read_request(ClientId id) {
  Client& client = *find(id);
  std::array<char, read_bytes> buffer{};
  const auto got = os::read_some(client.socket, buffer);
  if (!got) {
    if (got.error().code != EAGAIN) {
      close(id);
    }
    return;
  }
  const auto state =
      *got == 0 ? client.request.end() : client.request.add(std::string_view(buffer.data(), *got));
  switch (state) {
    case RequestReader::State::partial:
      if (*got == 0) {
        close(id);
      }
      return;
    case RequestReader::State::too_long:
      reject(id, text::format("the request is longer than {} bytes", limits_.request_bytes_max));
      return;
    case RequestReader::State::complete: take_request(id, client.request.line()); return;
  }
}

void ControlServer::take_request(ClientId id, const std::string& line) {
  const auto request = parse_request(line);
  if (!request) {
    reject(id, request.error().message());
    return;
  }
  Client& client = *find(id);
  loop_.cancel(std::exchange(client.timer, os::TimerId::none));
  client.stage = Stage::answer;
  // From here on nothing is read: more input, or the end of it, changes nothing. A hang-up is told
  // all the same.
  show_interest(client, os::Interest::none);
  handler_.on_request(id, *request);
}

void ControlServer::reject(ClientId id, const std::string& message) {
  Client& client = *find(id);
  client.stage = Stage::finish;
  client.output.replace(problem_line(message));
  arm_write_timer(id, client);
  show_interest(client, os::Interest::write);
}

// --- answering -----------------------------------------------------------------------------------

void ControlServer::send(ClientId id, const Reply& reply) {
  Client* client = find_answering(id);
  if (client == nullptr) {
    return;
  }
  if (const Done* done = std::get_if<Done>(&reply)) {
    finish(id, *done);
    return;
  }
  if (client->output.is_empty()) {
    arm_write_timer(id, *client);
  }
  client->output.add(to_line(reply));
  if (client->output.is_over_limit()) {
    take_what_fits(*client);
  }
  if (client->output.is_over_limit()) {
    cut_off(*client);
  }
  show_interest(*client, os::Interest::write);
}

void ControlServer::stream(ClientId id, Source source) {
  if (Client* client = find_answering(id)) {
    client->source = std::move(source);
    show_interest(*client, os::Interest::write);
  }
}

void ControlServer::finish(ClientId id, const Done& done) {
  Client* client = find_answering(id);
  if (client == nullptr) {
    return;
  }
  if (client->output.is_empty()) {
    arm_write_timer(id, *client);
  }
  client->output.add(to_line(Reply{done}));
  client->source = {};
  client->stage = Stage::finish;
  show_interest(*client, os::Interest::write);
}

void ControlServer::cut_off(Client& client) {
  client.source = {};
  client.stage = Stage::cut_off;
  client.output.replace(problem_line(text::format(
      "cut off: more than {} bytes were waiting to be read", limits_.output_bytes_max)));
}

void ControlServer::pull(ClientId id, Client& client) {
  // Taken out for the time of the calls: the source may itself finish the client.
  Source source = std::move(client.source);
  while (source && client.stage == Stage::answer && client.output.size() < stream_ahead_bytes) {
    const std::optional<Reply> reply = source();
    if (!reply) {
      return;
    }
    send(id, *reply);
  }
  if (client.stage == Stage::answer) {
    client.source = std::move(source);
  }
}

void ControlServer::write_output(ClientId id) {
  Client& client = *find(id);
  const std::size_t waiting = client.output.size();
  if (!take_what_fits(client)) {
    close(id);
    return;
  }
  const bool has_progressed = client.output.size() < waiting;
  if (client.source) {
    pull(id, client);
  }
  if (!client.output.is_empty()) {
    if (has_progressed) {
      arm_write_timer(id, client);
    }
    return;
  }
  loop_.cancel(std::exchange(client.timer, os::TimerId::none));
  if (client.stage == Stage::answer) {
    show_interest(client, os::Interest::none);
  } else {
    close(id);
  }
}

/// Writes until the socket is full; false: nobody is there to read.
bool ControlServer::take_what_fits(Client& client) {
  for (std::size_t count = 0; count < writes_per_turn && !client.output.is_empty(); ++count) {
    const auto sent = os::send_message(client.socket, client.output.waiting());
    if (!sent) {
      return sent.error().code == EAGAIN;
    }
    client.output.remove_front(*sent);
  }
  return true;
}

void ControlServer::arm_write_timer(ClientId id, Client& client) {
  loop_.cancel(client.timer);
  client.timer = loop_.add_timer(limits_.write_within, [this, id] {
    if (Client* stalled = find(id)) {
      stalled->timer = os::TimerId::none;
      close(id);
    }
  });
}

void ControlServer::show_interest(Client& client, os::Interest interest) {
  if (client.interest != interest && loop_.modify(client.watch, interest)) {
    client.interest = interest;
  }
}

void ControlServer::close(ClientId id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) {
    return;
  }
  const std::unique_ptr<Client> client = std::move(found->second);
  clients_.erase(found);
  loop_.remove(client->watch);
  loop_.cancel(client->timer);
  client->socket.reset();
  spare_.refill();
  if (client->stage == Stage::answer || client->stage == Stage::cut_off) {
    handler_.on_gone(id);
  }
}

ControlServer::Client* ControlServer::find(ClientId id) {
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : found->second.get();
}

ControlServer::Client* ControlServer::find_answering(ClientId id) {
  Client* client = find(id);
  return client != nullptr && client->stage == Stage::answer ? client : nullptr;
}

bool ControlServer::has_output() const noexcept {
  for (const auto& [id, client] : clients_) {
    if (!client->output.is_empty() || client->source) {
      return true;
    }
  }
  return false;
}

}  // namespace tend::service
