#include "cli/top/model.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace tend::cli {

namespace {

using Kind = TopWish::Kind;

constexpr std::size_t filter_max = 64;

bool comes_before(const TopProcess& a, const TopProcess& b, TopSort sort) {
  switch (sort) {
    case TopSort::cpu: return a.cpu > b.cpu;
    case TopSort::memory: return a.resident_bytes > b.resident_bytes;
    case TopSort::time: return a.cpu_time > b.cpu_time;
    case TopSort::pid: return a.identity.pid < b.identity.pid;
    case TopSort::name: return a.name < b.name;
  }
  return false;
}

bool fits(const TopProcess& process, const TopState& state) {
  if (process.is_kernel_thread && !state.shows_kernel_threads) {
    return false;
  }
  return state.filter.empty() || process.name.contains(state.filter) ||
         process.command.contains(state.filter) || process.user == state.filter ||
         process.owner().contains(state.filter) || process.service.contains(state.filter);
}

bool is_empty(TopPane pane, const Observation& seen) {
  switch (pane) {
    case TopPane::services: return seen.services.empty();
    case TopPane::jobs: return seen.jobs.empty();
    case TopPane::processes: return false;
  }
  return false;
}

/// The next one below that has something in it; after the last the first.
TopPane pane_after(TopPane pane, const Observation& seen) {
  constexpr std::array order = {TopPane::services, TopPane::jobs, TopPane::processes};
  std::size_t at = static_cast<std::size_t>(std::ranges::find(order, pane) - order.begin());
  do {
    at = (at + 1) % order.size();
  } while (is_empty(order[at], seen));
  return order[at];
}

/// How far up or down a key goes; nothing: it does not move.
std::optional<std::ptrdiff_t> movement(const Key& key, std::size_t page_rows) {
  constexpr std::ptrdiff_t far = 1'000'000;
  const auto page = static_cast<std::ptrdiff_t>(std::max<std::size_t>(page_rows, 1));
  switch (key.kind) {
    case KeyKind::up: return -1;
    case KeyKind::down: return 1;
    case KeyKind::page_up: return -page;
    case KeyKind::page_down: return page;
    case KeyKind::home: return -far;
    case KeyKind::end: return far;
    case KeyKind::character:
      if (key.text == "k") {
        return -1;
      }
      return key.text == "j" ? std::optional<std::ptrdiff_t>(1) : std::nullopt;
    case KeyKind::enter:
    case KeyKind::escape:
    case KeyKind::tab:
    case KeyKind::backspace:
    case KeyKind::left:
    case KeyKind::right:
    case KeyKind::interrupt:
    case KeyKind::suspend:
    case KeyKind::redraw: return std::nullopt;
  }
  return std::nullopt;
}

std::size_t moved(std::size_t from, std::ptrdiff_t by, std::size_t count) {
  const auto last = static_cast<std::ptrdiff_t>(count) - 1;
  const auto to = std::clamp(static_cast<std::ptrdiff_t>(from) + by, std::ptrdiff_t{0},
                             std::max(last, std::ptrdiff_t{0}));
  return static_cast<std::size_t>(to);
}

/// One key in one state.
class Press {
 public:
  Press(TopState state, const Observation& seen) : state_(std::move(state)), seen_(seen) {}

  TopStep on(const Key& key) {
    if (key.kind == KeyKind::interrupt) {
      return finish({.kind = Kind::quit});
    }
    if (key.kind == KeyKind::suspend || key.kind == KeyKind::redraw) {
      return finish({.kind = key.kind == KeyKind::suspend ? Kind::suspend : Kind::redraw});
    }
    switch (state_.mode) {
      case TopMode::list: return in_list(key);
      case TopMode::filter: return in_filter(key);
      case TopMode::question: return in_question(key);
      case TopMode::page: return in_page(key);
    }
    return finish({});
  }

 private:
  TopStep finish(TopWish wish) { return {.state = std::move(state_), .wish = std::move(wish)}; }

  TopStep in_list(const Key& key) {
    state_.message.clear();
    if (const auto by = movement(key, state_.page_rows)) {
      move(*by);
      return finish({});
    }
    if (key.kind == KeyKind::tab || key.kind == KeyKind::right) {
      state_.pane = pane_after(active(), seen_);
      return finish({});
    }
    if (key.kind == KeyKind::left) {
      // There are three panes at most: two steps down are one up.
      const TopPane next = pane_after(active(), seen_);
      state_.pane = pane_after(next, seen_) == active() ? next : pane_after(next, seen_);
      return finish({});
    }
    if (key.kind == KeyKind::escape) {
      state_.filter.clear();
      return finish({});
    }
    if (key.kind == KeyKind::enter) {
      return open_page(active() == TopPane::services ? Kind::show_logs : Kind::show_process);
    }
    return key.kind == KeyKind::character ? on_letter(key.text) : finish({});
  }

  TopStep on_letter(const std::string& letter) {
    constexpr std::string_view sort_letters = "CMTPN";  // In the order of TopSort.
    if (const auto sort = sort_letters.find(letter); sort != std::string_view::npos) {
      state_.sort = static_cast<TopSort>(sort);
      return finish({});
    }
    if (letter == "q") {
      return finish({.kind = Kind::quit});
    }
    if (letter == "/") {
      state_.mode = TopMode::filter;
      return finish({});
    }
    if (letter == "K") {
      state_.shows_kernel_threads = !state_.shows_kernel_threads;
      return finish({});
    }
    return on_deed(letter);
  }

  TopStep on_deed(const std::string& letter) {
    if (letter == "l") {
      return open_page(Kind::show_logs);
    }
    if (letter == "i") {
      return open_page(Kind::show_process);
    }
    if (letter == "s") {
      return ask(Kind::stop);
    }
    if (letter == "r") {
      return ask(Kind::restart);
    }
    if (letter == "x") {
      return ask(Kind::kill);
    }
    if (letter == "z") {
      return finish(about_selection(Kind::pause));
    }
    if (letter == "c") {
      return finish(about_selection(Kind::resume));
    }
    return finish({});
  }

  TopStep in_filter(const Key& key) {
    if (key.kind == KeyKind::character && state_.filter.size() < filter_max) {
      state_.filter += key.text;
    } else if (key.kind == KeyKind::backspace && !state_.filter.empty()) {
      // A whole character of UTF-8: its later bytes begin with 10.
      while (!state_.filter.empty() && (state_.filter.back() & '\xc0') == '\x80') {
        state_.filter.pop_back();
      }
      state_.filter.pop_back();
    } else if (key.kind == KeyKind::enter) {
      state_.mode = TopMode::list;
    } else if (key.kind == KeyKind::escape) {
      state_.filter.clear();
      state_.mode = TopMode::list;
    }
    return finish({});
  }

  TopStep in_question(const Key& key) {
    state_.mode = TopMode::list;
    TopWish wish = std::exchange(state_.question, {});
    if (key.kind == KeyKind::character && (key.text == "y" || key.text == "Y")) {
      return finish(std::move(wish));
    }
    state_.message = "nothing done";
    return finish({});
  }

  TopStep in_page(const Key& key) {
    if (const auto by = movement(key, state_.page_rows)) {
      const std::ptrdiff_t to = static_cast<std::ptrdiff_t>(state_.page_offset) + *by;
      state_.page_offset = static_cast<std::size_t>(std::max(to, std::ptrdiff_t{0}));
      return finish({});
    }
    if (key.kind == KeyKind::escape || key.kind == KeyKind::enter ||
        (key.kind == KeyKind::character && key.text == "q")) {
      state_.mode = TopMode::list;
      state_.page_of = {};
    }
    return finish({});
  }

  [[nodiscard]] TopPane active() const { return active_pane(state_, seen_); }

  void move(std::ptrdiff_t by) {
    if (active() == TopPane::services) {
      const std::size_t to = moved(selected_service(state_, seen_), by, seen_.services.size());
      state_.selected_service = seen_.services[to].title();
      return;
    }
    if (active() == TopPane::jobs) {
      const std::size_t to = moved(selected_job(state_, seen_), by, seen_.jobs.size());
      state_.selected_job = seen_.jobs[to].job;
      return;
    }
    const auto visible = visible_processes(state_, seen_);
    if (!visible.empty()) {
      const std::size_t to = moved(selected_row(state_, seen_, visible), by, visible.size());
      state_.selected_process = seen_.processes[visible[to]].identity;
    }
  }

  /// The wish about what is selected; none, if nothing is.
  [[nodiscard]] TopWish about_selection(Kind kind) const {
    if (active() == TopPane::services) {
      const TopService& service = seen_.services[selected_service(state_, seen_)];
      return {.kind = kind, .service = service.title(), .title = service.title()};
    }
    if (active() == TopPane::jobs) {
      const TopJob& job = seen_.jobs[selected_job(state_, seen_)];
      return {.kind = kind,
              .process = seen_.processes[job.leader].identity,
              .is_job = true,
              .title = job.job.title()};
    }
    const auto visible = visible_processes(state_, seen_);
    if (visible.empty()) {
      return {};
    }
    const TopProcess& process = seen_.processes[visible[selected_row(state_, seen_, visible)]];
    return {.kind = kind,
            .process = process.identity,
            .title = text::format("{} ({})", process.identity.pid, process.name)};
  }

  TopStep ask(Kind kind) {
    TopWish wish = about_selection(kind);
    if (kind == Kind::restart && wish.kind != Kind::none && wish.service.empty()) {
      state_.message = "only services can be restarted; Tab goes to them";
      return finish({});
    }
    if (wish.kind != Kind::none) {
      state_.question = std::move(wish);
      state_.mode = TopMode::question;
    }
    return finish({});
  }

  TopStep open_page(Kind kind) {
    TopWish wish = about_selection(kind);
    if (wish.kind == Kind::show_logs && wish.is_job) {
      state_.message = "the output of a job goes where its `tend run` writes it";
      return finish({});
    }
    if (wish.kind == Kind::show_logs && wish.service.empty()) {
      wish.service = service_of_selection();
      wish.title = wish.service;
      if (wish.service.empty()) {
        state_.message = "tend has no logs of a process that is no service of it";
        return finish({});
      }
    }
    if (wish.kind == Kind::show_process && !wish.service.empty()) {
      wish.process = {.pid = seen_.services[selected_service(state_, seen_)].leader};
      if (wish.process.pid == 0) {
        state_.message = wish.title + " has no process now";
        return finish({});
      }
    }
    if (wish.kind != Kind::none) {
      state_.mode = TopMode::page;
      state_.page_offset = 0;
      state_.page_of = wish;
    }
    return finish(std::move(wish));
  }

  [[nodiscard]] std::string service_of_selection() const {
    const auto visible = visible_processes(state_, seen_);
    return visible.empty() ? std::string()
                           : seen_.processes[visible[selected_row(state_, seen_, visible)]].service;
  }

  TopState state_;
  const Observation& seen_;
};

}  // namespace

std::vector<std::size_t> visible_processes(const TopState& state, const Observation& seen) {
  std::vector<std::size_t> visible;
  for (std::size_t i = 0; i < seen.processes.size(); ++i) {
    if (fits(seen.processes[i], state)) {
      visible.push_back(i);
    }
  }
  std::ranges::sort(visible, [&](std::size_t a, std::size_t b) {
    const TopProcess& first = seen.processes[a];
    const TopProcess& second = seen.processes[b];
    if (comes_before(first, second, state.sort)) {
      return true;
    }
    return !comes_before(second, first, state.sort) && a < b;  // Equals stay where they are.
  });
  return visible;
}

std::size_t selected_service(const TopState& state, const Observation& seen) {
  const auto found = std::ranges::find(seen.services, state.selected_service, &TopService::title);
  return found == seen.services.end() ? 0 : static_cast<std::size_t>(found - seen.services.begin());
}

std::size_t selected_job(const TopState& state, const Observation& seen) {
  const auto found = std::ranges::find(seen.jobs, state.selected_job, &TopJob::job);
  return found == seen.jobs.end() ? 0 : static_cast<std::size_t>(found - seen.jobs.begin());
}

TopPane active_pane(const TopState& state, const Observation& seen) {
  return is_empty(state.pane, seen) ? TopPane::processes : state.pane;
}

std::size_t selected_row(const TopState& state, const Observation& seen,
                         const std::vector<std::size_t>& visible) {
  const auto found = std::ranges::find_if(visible, [&](std::size_t index) {
    return seen.processes[index].identity == state.selected_process;
  });
  return found == visible.end() ? 0 : static_cast<std::size_t>(found - visible.begin());
}

TopStep press(TopState state, const Key& key, const Observation& seen) {
  return Press(std::move(state), seen).on(key);
}

}  // namespace tend::cli
