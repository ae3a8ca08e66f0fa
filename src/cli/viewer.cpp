#include "cli/viewer.hpp"

#include <chrono>
#include <csignal>
#include <optional>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "base/time_text.hpp"
#include "base/try.hpp"
#include "os/event_loop.hpp"
#include "os/local_time.hpp"
#include "os/signals.hpp"
#include "service/control/control_client.hpp"
#include "service/log_reader/log_reader.hpp"

namespace tend::cli {

namespace {

using service::ControlClient;
using service::Occurrence;
using service::Progress;
using service::Reply;
using service::Verb;
using std::chrono::milliseconds;

constexpr milliseconds reconnect_pause{100};
constexpr milliseconds wait_max{60'000};

class RunningViewer final : public Viewer {
 public:
  RunningViewer(ViewerOptions options, Output& out, os::EventLoop loop, service::LogReader reader)
      : options_(std::move(options)),
        out_(out),
        prefix_(options_.names, out.painter()),
        loop_(std::move(loop)),
        reader_(std::move(reader)) {}

  Result<> set_up() {
    // An onlooker blocks them too: who forwards them stops the project, and the end is to be shown.
    signals_ = TEND_TRY(os::open_signalfd({SIGINT, SIGTERM, SIGHUP}));
    static_cast<void>(
        TEND_TRY(loop_.add(signals_, os::Interest::read, [this](os::Ready) { on_signals(); })));
    if (reader_.changes().is_open()) {
      // Being woken is enough: every turn of the loop reads what is there.
      static_cast<void>(
          TEND_TRY(loop_.add(reader_.changes(), os::Interest::read, [](os::Ready) {})));
    }
    return {};
  }

  Outcome<void> run(const os::Fd& keeper) override {
    static_cast<void>(
        TEND_TRY(loop_.add(keeper, os::Interest::read, [this](os::Ready) { is_over_ = true; })));
    connect();
    while (!is_over_ && !(is_done_ && has_farewell_)) {
      static_cast<void>(TEND_TRY(loop_.run_once(reader_.look_again_in().value_or(wait_max))));
      TEND_TRY(read_logs());
      if (!out_.flush() && options_.role == ViewerRole::owner && stop_requests_ == 0) {
        ask_to_stop();  // Nobody reads what we show: as if the terminal had been closed.
      }
    }
    TEND_TRY(read_logs());
    reader_.read_rest([this](const service::LogLine& line) { show(line); });
    read_occurrences();
    out_.flush();
    return {};
  }

 private:
  // --- signals ---

  void on_signals() {
    const auto arrived = os::read_signals(signals_);
    if (!arrived) {
      return;
    }
    if (options_.role == ViewerRole::onlooker) {
      // The keeper of a container says TERM to all when the last byte of the logs is written.
      has_farewell_ = has_farewell_ || !arrived->empty();
      return;
    }
    for (std::size_t i = 0; i < arrived->size(); ++i) {
      ask_to_stop();
    }
  }

  void ask_to_stop() {
    ++stop_requests_;
    if (stop_requests_ == 1) {
      say("stopping in order; Ctrl-C again hurries");
    } else if (stop_requests_ == 2) {
      say("hurrying");
    }
    send_order();
  }

  void say(std::string_view text) { out_.line(out_.painter().paint(Tone::bold, text)); }

  /// Asks for the end on a connection of its own, which tells what is waited for.
  void send_order() {
    loop_.remove(order_watch_);
    order_.reset();
    if (stop_requests_ > 1) {
      if (auto hurrying = ControlClient::connect(options_.target.places.control_socket())) {
        static_cast<void>(hurrying->send({.verb = Verb::hurry}));
        hurries_.push_back(*std::move(hurrying));  // Open until it is read.
      }
    }
    auto client = ControlClient::connect(options_.target.places.control_socket());
    if (!client || !client->send({.verb = Verb::down})) {
      return;  // Nobody listens there any more: the keeper is about to end.
    }
    order_ = *std::move(client);
    if (const auto watch =
            loop_.add(order_->fd(), os::Interest::read, [this](os::Ready) { on_order(); })) {
      order_watch_ = *watch;
    }
  }

  void on_order() {
    const auto replies = order_->read_available();
    if (!replies) {
      drop_order();
      return;
    }
    for (const Reply& reply : *replies) {
      if (const auto* progress = std::get_if<Progress>(&reply)) {
        say(text::printable(progress->text));
      } else if (std::holds_alternative<service::Done>(reply)) {
        has_order_done_ = true;
      }
    }
    if (order_->is_closed()) {
      drop_order();
    }
  }

  /// A director that was killed may not have read the order: the next one gets it again.
  void drop_order() {
    loop_.remove(order_watch_);
    order_.reset();
    if (!has_order_done_) {
      loop_.add_timer(reconnect_pause, [this] { send_order(); });
    }
  }

  // --- what happens ---

  void connect() {
    auto client = ControlClient::connect(options_.target.places.control_socket());
    if (client && client->send({.verb = Verb::watch})) {
      client_ = *std::move(client);
      if (const auto watch = loop_.add(client_->fd(), os::Interest::read,
                                       [this](os::Ready) { read_occurrences(); })) {
        client_watch_ = *watch;
        return;
      }
    }
    disconnect();
  }

  void disconnect() {
    loop_.remove(client_watch_);
    client_.reset();
    if (is_done_) {
      return;
    }
    // At once, so that nothing the next director does is missed; one that says nothing, or is not
    // there, is tried again slowly.
    const bool was_answered = std::exchange(has_answer_, false);
    loop_.add_timer(was_answered ? milliseconds{0} : reconnect_pause, [this] { connect(); });
  }

  void read_occurrences() {
    if (!client_) {
      return;
    }
    const auto replies = client_->read_available();
    if (!replies) {
      disconnect();
      return;
    }
    has_answer_ = has_answer_ || !replies->empty();
    for (const Reply& reply : *replies) {
      if (const auto* occurrence = std::get_if<Occurrence>(&reply)) {
        show(*occurrence);
      } else if (std::holds_alternative<service::Done>(reply)) {
        is_done_ = true;
      }
    }
    if (client_->is_closed()) {
      disconnect();
    }
  }

  Result<> read_logs() {
    const auto print = [this](const service::LogLine& line) { show(line); };
    while (TEND_TRY(reader_.read(print))) {
    }
    return {};
  }

  void show(const service::LogLine& line) {
    out_.line(prefix_.line(options_.names[line.service], time_text(line.realtime_ns), line.bytes));
  }

  void show(const Occurrence& occurrence) {
    if (occurrence.text.empty()) {
      return;  // A step on the way that nobody wants to see.
    }
    const Tone tone = occurrence.is_bad ? Tone::red : Tone::dim;
    out_.line(prefix_.note(occurrence.name.empty() ? "tend" : occurrence.name,
                           time_text(occurrence.realtime_ns), occurrence.text, tone));
  }

  [[nodiscard]] std::string time_text(std::int64_t realtime_ns) const {
    if (!options_.shows_times) {
      return {};
    }
    const RealTime time{std::chrono::nanoseconds(realtime_ns)};
    return rfc3339(time, Precision::milliseconds, os::utc_offset_at(time));
  }

  ViewerOptions options_;
  Output& out_;
  LinePrefix prefix_;
  os::EventLoop loop_;
  service::LogReader reader_;
  os::Fd signals_{};
  std::optional<ControlClient> client_{};
  os::WatchId client_watch_ = os::WatchId::none;
  std::optional<ControlClient> order_{};
  os::WatchId order_watch_ = os::WatchId::none;
  std::vector<ControlClient> hurries_{};
  int stop_requests_ = 0;
  bool has_order_done_ = false;
  bool has_answer_ = false;
  bool is_done_ = false;       ///< The director said that the project has ended.
  bool has_farewell_ = false;  ///< onlooker: somebody asked us to end.
  bool is_over_ = false;
};

}  // namespace

Outcome<std::unique_ptr<Viewer>> Viewer::make(ViewerOptions options, Output& out) {
  service::LogReader reader = TEND_TRY(service::LogReader::open(
      options.log_dir, options.names,
      {.start = options.since_realtime_ns == 0 ? service::LogStart::end : service::LogStart::since,
       .since_realtime_ns = options.since_realtime_ns,
       .follow = service::Follow::yes}));
  auto viewer = std::make_unique<RunningViewer>(std::move(options), out,
                                                TEND_TRY(os::EventLoop::make()), std::move(reader));
  TEND_TRY(viewer->set_up());
  return viewer;
}

}  // namespace tend::cli
