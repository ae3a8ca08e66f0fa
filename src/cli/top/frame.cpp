#include "cli/top/frame.hpp"

#include <algorithm>

#include "base/columns.hpp"
#include "base/duration.hpp"
#include "base/size.hpp"
#include "base/text.hpp"
#include "cli/process/process_words.hpp"
#include "cli/table.hpp"

namespace tend::cli {

namespace {

constexpr std::size_t fixed_rows = 4;  // Summary, empty, headline of processes, keys.

/// Of `count` services or jobs. Together they get half of the screen at most, alone a third.
std::size_t rows_of(std::size_t count, const Observation& seen, FrameSize size) {
  const std::size_t share = seen.services.empty() || seen.jobs.empty() ? 3 : 4;
  return std::min(count, std::max<std::size_t>(size.rows / share, 1));
}

std::size_t service_rows(const Observation& seen, FrameSize size) {
  return rows_of(seen.services.size(), seen, size);
}

std::size_t job_rows(const Observation& seen, FrameSize size) {
  return rows_of(seen.jobs.size(), seen, size);
}

/// The part of a long list around its selected entry.
std::size_t window_begin(std::size_t selected, std::size_t count, std::size_t rows) {
  if (count <= rows || selected < rows / 2) {
    return 0;
  }
  return std::min(selected - rows / 2, count - rows);
}

std::string summary(const Observation& seen, const FrameTexts& texts) {
  std::string words =
      text::format("tend top  {}  {}, {} running, {} of the processors", texts.clock,
                   count_words(seen.processes.size(), "process", "processes"), seen.running,
                   percent_words(seen.cpu));
  if (seen.zombies > 0) {
    words += ", " + count_words(seen.zombies, "zombie", "zombies");
  }
  return seen.blind_spot.empty() ? words : words + "; " + seen.blind_spot;
}

std::string question_words(const TopWish& wish) {
  switch (wish.kind) {
    case TopWish::Kind::stop:
      return wish.service.empty() ? "end " + wish.title + (wish.is_job ? " and all below it" : "") +
                                        " with SIGTERM? y/n"
                                  : "stop " + wish.title + "? y/n";
    case TopWish::Kind::restart: return "restart " + wish.title + "? y/n";
    case TopWish::Kind::kill: return "kill " + wish.title + " and all below it (SIGKILL)? y/n";
    case TopWish::Kind::none:
    case TopWish::Kind::quit:
    case TopWish::Kind::suspend:
    case TopWish::Kind::redraw:
    case TopWish::Kind::pause:
    case TopWish::Kind::resume:
    case TopWish::Kind::show_logs:
    case TopWish::Kind::show_process: break;
  }
  return wish.title + "? y/n";
}

std::string last_line(const TopState& state) {
  switch (state.mode) {
    case TopMode::filter: return "filter: " + state.filter + "_  (Enter keeps it, Esc ends it)";
    case TopMode::question: return question_words(state.question);
    case TopMode::page: return "q back  up/down scroll";
    case TopMode::list: break;
  }
  if (!state.message.empty()) {
    return text::printable(state.message);
  }
  const std::string filter = state.filter.empty() ? "" : "[" + state.filter + "] ";
  return filter +
         "q quit  Tab next list  / filter  sort C M T P N  Enter look  l logs  s stop  r restart  "
         "x kill  z pause  c continue  K kernel";
}

/// Lines of a table with the selected one marked; the headline first.
std::vector<std::string> with_selection(std::vector<std::string> lines, std::size_t selected,
                                        bool is_active, const Painter& painter) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool is_selected = is_active && i == selected + 1;
    lines[i] = (is_selected ? painter.paint(Tone::cyan, ">") : " ") + lines[i];
  }
  return lines;
}

std::vector<std::string> service_lines(const TopState& state, const Observation& seen,
                                       FrameSize size, const Painter& painter) {
  const std::size_t rows = service_rows(seen, size);
  const std::size_t selected = selected_service(state, seen);
  const std::size_t begin = window_begin(selected, seen.services.size(), rows);
  Table table({{"SERVICE"},
               {"STATE"},
               {"PID", Align::right},
               {"PROCS", Align::right},
               {"CPU", Align::right},
               {"RSS", Align::right}});
  for (std::size_t i = begin; i < begin + rows; ++i) {
    const TopService& service = seen.services[i];
    const Tone tone = service.state == "up"       ? Tone::green
                      : service.state == "failed" ? Tone::red
                                                  : Tone::plain;
    table.add({text::printable(service.title()), Cell(service.state, tone),
               service.leader == 0 ? "-" : text::format("{}", service.leader),
               text::format("{}", service.used.processes), percent_words(service.used.cpu),
               human_size(service.used.resident_bytes)});
  }
  return with_selection(table.lines(painter, size.columns - 1), selected - begin,
                        active_pane(state, seen) == TopPane::services, painter);
}

std::size_t first_job_shown(const TopState& state, const Observation& seen, FrameSize size) {
  return window_begin(selected_job(state, seen), seen.jobs.size(), job_rows(seen, size));
}

std::vector<std::string> job_lines(const TopState& state, const Observation& seen, FrameSize size,
                                   const Painter& painter) {
  const std::size_t begin = first_job_shown(state, seen, size);
  Table table({{"JOB"},
               {"PID", Align::right},
               {"PROCS", Align::right},
               {"CPU", Align::right},
               {"RSS", Align::right},
               {"AGE", Align::right},
               {"COMMAND"}});
  for (std::size_t i = begin; i < begin + job_rows(seen, size); ++i) {
    const TopJob& job = seen.jobs[i];
    const TopProcess& leader = seen.processes[job.leader];
    table.add({job.job.title(), text::format("{}", leader.identity.pid),
               text::format("{}", job.used.processes), percent_words(job.used.cpu),
               human_size(job.used.resident_bytes), human_duration(job.age), leader.command});
  }
  return with_selection(table.lines(painter, size.columns - 1), selected_job(state, seen) - begin,
                        active_pane(state, seen) == TopPane::jobs, painter);
}

std::vector<std::string> process_lines(const TopState& state, const Observation& seen,
                                       FrameSize size, const Painter& painter) {
  const auto shown = shown_processes(state, seen, size);
  Table table({{"PID", Align::right},
               {"USER"},
               {"STATE"},
               {"CPU", Align::right},
               {"RSS", Align::right},
               {"TIME", Align::right},
               {"COMMAND"}});
  std::size_t selected = 0;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const TopProcess& process = seen.processes[shown[i]];
    if (process.identity == state.selected_process) {
      selected = i;
    }
    table.add({text::format("{}", process.identity.pid), process.user,
               Cell(std::string(name_of(process.state)), tone_of(process.state)),
               percent_words(process.cpu), human_size(process.resident_bytes),
               cpu_time_words(process.cpu_time),
               process.owner().empty() ? process.command
                                       : "[" + process.owner() + "] " + process.command});
  }
  return with_selection(table.lines(painter, size.columns - 1), selected,
                        active_pane(state, seen) == TopPane::processes, painter);
}

std::vector<std::string> page_lines(const TopState& state, const FrameTexts& texts,
                                    FrameSize size) {
  std::vector<std::string> lines;
  const std::size_t rows = size.rows - 2;
  const std::size_t last = texts.page.size() > rows ? texts.page.size() - rows : 0;
  const std::size_t begin = std::min(state.page_offset, last);
  for (std::size_t i = begin; i < std::min(begin + rows, texts.page.size()); ++i) {
    lines.push_back(text::clipped(texts.page[i], size.columns));
  }
  return lines;
}

void append(std::vector<std::string>& lines, std::vector<std::string> more) {
  std::ranges::move(more, std::back_inserter(lines));
}

}  // namespace

std::size_t process_rows(const Observation& seen, FrameSize size) {
  const auto with_headline = [](std::size_t rows) { return rows + (rows > 0 ? 1 : 0); };
  const std::size_t taken =
      fixed_rows + with_headline(service_rows(seen, size)) + with_headline(job_rows(seen, size));
  return size.rows > taken ? size.rows - taken : 0;
}

std::vector<std::size_t> shown_processes(const TopState& state, const Observation& seen,
                                         FrameSize size) {
  std::vector<std::size_t> visible = visible_processes(state, seen);
  const std::size_t rows = process_rows(seen, size);
  const std::size_t begin = window_begin(selected_row(state, seen, visible), visible.size(), rows);
  visible.erase(visible.begin(), visible.begin() + static_cast<std::ptrdiff_t>(begin));
  visible.resize(std::min(visible.size(), rows));
  return visible;
}

std::vector<std::size_t> shown_leaders(const TopState& state, const Observation& seen,
                                       FrameSize size) {
  const std::size_t begin = first_job_shown(state, seen, size);
  std::vector<std::size_t> leaders;
  for (std::size_t i = begin; i < begin + job_rows(seen, size); ++i) {
    leaders.push_back(seen.jobs[i].leader);
  }
  return leaders;
}

std::vector<std::string> frame(const TopState& state, const Observation& seen,
                               const FrameTexts& texts, FrameSize size, const Painter& painter) {
  std::vector<std::string> lines;
  if (state.mode == TopMode::page) {
    lines.push_back(painter.paint(
        Tone::bold, text::clipped(text::printable(state.page_of.title), size.columns)));
    append(lines, page_lines(state, texts, size));
  } else {
    lines.push_back(painter.paint(Tone::bold, text::clipped(summary(seen, texts), size.columns)));
    if (!seen.services.empty()) {
      append(lines, service_lines(state, seen, size, painter));
    }
    if (!seen.jobs.empty()) {
      append(lines, job_lines(state, seen, size, painter));
    }
    lines.emplace_back();
    append(lines, process_lines(state, seen, size, painter));
  }
  lines.resize(size.rows - 1);
  lines.push_back(painter.paint(state.mode == TopMode::question ? Tone::yellow : Tone::dim,
                                text::clipped(last_line(state), size.columns - 1)));
  return lines;
}

}  // namespace tend::cli
