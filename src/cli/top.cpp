// `tend top`: services, jobs and processes, live. The screen is painted by a process of its own, so
// that whatever becomes of it, the one that stays behind gives the terminal back as it was.

#include <tend/command.hpp>

#include <chrono>
#include <csignal>
#include <utility>

#include "base/duration.hpp"
#include "base/json.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/local_present.hpp"
#include "cli/output.hpp"
#include "cli/process/beside.hpp"
#include "cli/top/deeds.hpp"
#include "cli/top/frame.hpp"
#include "cli/top/model.hpp"
#include "cli/top/observer.hpp"
#include "os/clock.hpp"
#include "os/event_loop.hpp"
#include "os/own_program.hpp"
#include "os/pause.hpp"
#include "os/screen.hpp"
#include "os/signals.hpp"
#include "os/standard_streams.hpp"

namespace tend::cli {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds default_interval{2'000};
constexpr milliseconds shortest_interval{100};

Outcome<milliseconds> interval_of(const Invocation& invocation) {
  const auto word = invocation.value("every");
  if (!word) {
    return default_interval;
  }
  const auto interval = parse_duration(*word);
  if (!interval) {
    return fail(exit_usage, "top: --every: " + interval.error().message());
  }
  if (*interval < shortest_interval) {
    return fail(exit_usage, "top: --every: looking more often than each 100ms shows nothing new");
  }
  return *interval;
}

Outcome<std::uint64_t> count_of(const Invocation& invocation) {
  const auto word = invocation.value("count");
  if (!word) {
    return 0;
  }
  const auto count = parse_integer<std::uint64_t>(*word);
  if (!count || *count == 0) {
    return fail(exit_usage,
                text::format("top: --count: {} is not a number of rounds", text::quoted(*word)));
  }
  return *count;
}

// --- for programs ---

json::Value object_of(const TopProcess& process, std::uint64_t round) {
  constexpr double percent = 100;
  return json::Value::object(
      {{"round", round},
       {"pid", process.identity.pid},
       {"name", process.name},
       {"user", process.user},
       {"state", name_of(process.state)},
       {"cpu_percent", process.cpu * percent},
       {"rss_bytes", process.resident_bytes},
       {"cpu_ms", std::chrono::duration_cast<milliseconds>(process.cpu_time).count()},
       {"command", process.command},
       {"service", process.service.empty() ? json::Value() : json::Value(process.service)},
       {"job", json_of(process.job)}});
}

/// A round of objects for each look, until nobody reads any more or the count is reached.
Outcome<int> print_rounds(const Invocation& invocation, milliseconds interval,
                          std::uint64_t rounds) {
  Observer observer(invocation);
  Output out(invocation);
  TopState state{.shows_kernel_threads = true};
  for (std::uint64_t round = 1; out.is_good(); ++round) {
    Observation seen = TEND_TRY(observer.observe());
    const auto all = visible_processes(state, seen);
    observer.describe(seen, all);
    for (const std::size_t index : all) {
      out.line(json::write(object_of(seen.processes[index], round)));
    }
    out.flush();
    if (round == rounds) {
      break;
    }
    os::pause_for(interval);
  }
  return out.finish(0);
}

// --- for a person ---

class Screen {
 public:
  Screen(const Invocation& invocation, os::SavedTerminal terminal, os::EventLoop loop,
         milliseconds interval)
      : invocation_(invocation),
        terminal_(std::move(terminal)),
        loop_(std::move(loop)),
        observer_(invocation),
        painter_(Output(invocation).painter()),
        interval_(interval) {}

  Outcome<void> run() {
    signals_ = TEND_TRY(os::open_signalfd({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH}));
    keys_ = TEND_TRY(os::duplicate_stream(os::Stream::in));
    TEND_TRY(loop_.add(signals_, os::Interest::read, [this](os::Ready) { on_signals(); }));
    TEND_TRY(loop_.add(keys_, os::Interest::read, [this](os::Ready) { on_keys(); }));
    look();
    TEND_TRY(enter());
    while (!is_over_) {
      TEND_TRY(loop_.run_once(interval_));
    }
    terminal_.restore();
    if (failure_) {
      return std::unexpected(*failure_);
    }
    return {};
  }

 private:
  Outcome<void> enter() {
    TEND_TRY(terminal_.enter_screen());
    painted_.clear();
    paint();
    return {};
  }

  void on_signals() {
    for (const os::SignalArrival& arrival :
         os::read_signals(signals_).value_or(std::vector<os::SignalArrival>{})) {
      if (arrival.number == SIGWINCH) {
        painted_.clear();
        paint();
      } else {
        is_over_ = true;
      }
    }
  }

  void on_keys() {
    const auto bytes = os::read_keys();
    if (!bytes || bytes->empty()) {
      is_over_ = true;  // The terminal is gone.
      return;
    }
    for (const Key& key : parse_keys(*bytes)) {
      TopStep step = press(std::move(state_), key, seen_);
      state_ = std::move(step.state);
      fulfil_wish(step.wish);
    }
    paint();
  }

  void fulfil_wish(const TopWish& wish) {
    switch (wish.kind) {
      case TopWish::Kind::none: return;
      case TopWish::Kind::quit: is_over_ = true; return;
      case TopWish::Kind::redraw: painted_.clear(); return;
      case TopWish::Kind::suspend: suspend(); return;
      case TopWish::Kind::show_logs:
        read_page();
        state_.page_offset = page_.size();  // The newest lines; paint() cuts it to what there is.
        return;
      case TopWish::Kind::show_process: read_page(); return;
      case TopWish::Kind::stop:
      case TopWish::Kind::restart:
      case TopWish::Kind::kill:
      case TopWish::Kind::pause:
      case TopWish::Kind::resume: state_.message = fulfil(wish, invocation_); return;
    }
  }

  void suspend() {
    terminal_.restore();
    os::stop_own_group();
    if (const auto entered = enter(); !entered) {
      is_over_ = true;
    }
  }

  void read_page() { page_ = page_of(state_.page_of, invocation_); }

  /// Looks again, and arranges for the next look.
  void look() {
    loop_.add_timer(interval_, [this] {
      look();
      paint();
    });
    auto seen = observer_.observe();
    if (!seen) {
      failure_ = seen.error();
      is_over_ = true;
      return;
    }
    seen_ = *std::move(seen);
    if (state_.mode == TopMode::page) {
      const bool was_at_end = state_.page_offset + size_.rows >= page_.size();
      read_page();
      if (was_at_end && state_.page_of.kind == TopWish::Kind::show_logs) {
        state_.page_offset = page_.size();
      }
    }
  }

  /// Writes the lines that differ from those on the screen: over ssh every byte counts.
  void paint() {
    if (is_over_) {
      return;
    }
    const os::ScreenSize screen = os::screen_size();
    size_ = {.columns = std::max<std::size_t>(screen.columns, 20),
             .rows = std::max<std::size_t>(screen.rows, 6)};
    state_.page_rows = size_.rows - 2;
    const std::size_t last_offset =
        page_.size() > state_.page_rows ? page_.size() - state_.page_rows : 0;
    state_.page_offset = std::min(state_.page_offset, last_offset);
    observer_.describe(seen_, shown_processes(state_, seen_, size_));
    observer_.describe(seen_, shown_leaders(state_, seen_, size_));
    const std::vector<std::string> lines = frame(state_, seen_, texts(), size_, painter_);
    std::string bytes = painted_.empty() ? "\x1b[2J" : "";
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i >= painted_.size() || lines[i] != painted_[i]) {
        bytes += text::format("\x1b[{};1H{}\x1b[K", i + 1, lines[i]);
      }
    }
    painted_ = lines;
    if (!os::write_stream(os::Stream::out, bytes)) {
      is_over_ = true;
    }
  }

  [[nodiscard]] FrameTexts texts() const {
    constexpr std::size_t date_bytes = 11;
    constexpr std::size_t time_bytes = 8;
    const Present present = local_present();
    return {.clock = rfc3339(present.now, Precision::seconds, present.utc_offset)
                         .substr(date_bytes, time_bytes),
            .page = page_};
  }

  const Invocation& invocation_;
  os::SavedTerminal terminal_;
  os::EventLoop loop_;
  Observer observer_;
  Painter painter_;
  milliseconds interval_;
  os::Fd signals_{};
  os::Fd keys_{};
  TopState state_{};
  Observation seen_{};
  std::vector<std::string> page_{};
  std::vector<std::string> painted_{};
  FrameSize size_{};
  std::optional<Failure> failure_{};
  bool is_over_ = false;
};

Outcome<os::SavedTerminal> save_terminal() {
  auto terminal = os::SavedTerminal::save();
  if (!terminal) {
    return fail(exit_failed,
                "top: standard input and output must be a terminal; `tend ps` and `tend top "
                "--json` need none");
  }
  return *std::move(terminal);
}

/// The process that paints.
Outcome<int> paint_screen(const Invocation& invocation, milliseconds interval) {
  Screen screen(invocation, TEND_TRY(save_terminal()), TEND_TRY(os::EventLoop::make()), interval);
  TEND_TRY(screen.run());
  return 0;
}

/// The process that stays behind.
Outcome<int> guard_screen(const Invocation& invocation, milliseconds interval) {
  const os::SavedTerminal terminal = TEND_TRY(save_terminal());
  tend::Command painter(os::own_program_path(),
                        {"top", "--screen", "--every=" + duration_text(interval)});
  for (const std::string_view option : {"color", "state"}) {
    if (const auto value = invocation.value(option)) {
      painter.arg("--" + std::string(option) + "=" + *value);
    }
  }
  painter.name("tend").die_with_parent(SIGTERM);
  const auto ended = run_beside(painter);
  if (!ended) {
    return std::unexpected(Failure(ended.error()));
  }
  if (ended->signal()) {
    terminal.restore();
    return fail(exit_failed, "top: its screen was " + ended->description());
  }
  return ended->shell_code();
}

}  // namespace

Outcome<int> run_top(const Invocation& invocation) {
  const milliseconds interval = TEND_TRY(interval_of(invocation));
  const std::uint64_t rounds = TEND_TRY(count_of(invocation));
  if (invocation.has("json")) {
    return print_rounds(invocation, interval, rounds);
  }
  if (rounds > 0) {
    return fail(exit_usage, "top: --count goes with --json");
  }
  return invocation.has("screen") ? paint_screen(invocation, interval)
                                  : guard_screen(invocation, interval);
}

}  // namespace tend::cli
