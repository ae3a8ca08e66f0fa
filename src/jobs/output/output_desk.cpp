#include "jobs/output/output_desk.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

namespace tend::jobs {

namespace {

/// Enough for the last lines of an error message.
constexpr std::size_t tail_bytes = 4096;

/// What one object of --json takes of each stream; the rest is in --out.
constexpr std::uint64_t json_bytes_max = std::uint64_t{1} << 20U;

void keep_tail(std::string& tail, std::string_view bytes) {
  if (bytes.size() >= tail_bytes) {
    tail.assign(bytes.substr(bytes.size() - tail_bytes));
    return;
  }
  tail.append(bytes);
  if (tail.size() > 2 * tail_bytes) {
    tail.erase(0, tail.size() - tail_bytes);
  }
}

}  // namespace

OutputDesk::OutputDesk(Outlet& outlet, OutputStore& store, Options options, Callbacks callbacks)
    : outlet_(outlet),
      store_(store),
      options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      order_(wants_json() && options_.mode != OutputMode::ordered ? OutputMode::grouped
                                                                  : options_.mode) {}

OutputDesk::~OutputDesk() {
  for (auto& [sequence, job] : jobs_) {
    std::ranges::for_each(job.held, [this](HeldOutput& held) { store_.drop(held); });
  }
}

bool OutputDesk::wants_json() const noexcept {
  return options_.shown == Shown::json || options_.shown == Shown::json_without_output;
}

bool OutputDesk::keeps_output() const noexcept {
  return options_.shown == Shown::output || options_.shown == Shown::json;
}

// --- the life of a job ---------------------------------------------------------------------------

void OutputDesk::open(Sequence sequence, const std::string& tag) {
  order_.begin(sequence);
  jobs_.emplace(sequence, JobOutput{.prefixes = {LinePrefix(tag), LinePrefix(tag)}});
}

void OutputDesk::begin_attempt(Sequence sequence, bool is_last) {
  JobOutput& job = jobs_.at(sequence);
  for (const auto stream : {OutputStream::out, OutputStream::err}) {
    store_.drop(job.held.at(index(stream)));
    job.prefixes.at(index(stream)).restart();
    job.bytes.at(index(stream)) = 0;
  }
  job.error_tail.clear();
  job.is_last = is_last;
  job.is_lost = false;
  if (options_.files) {
    if (const auto begun = options_.files->begin(sequence); !begun) {
      lose(sequence, job, begun.error());
    }
  }
}

bool OutputDesk::has_shown(Sequence sequence) const { return jobs_.at(sequence).has_shown; }

std::uint64_t OutputDesk::bytes(Sequence sequence, OutputStream stream) const {
  return jobs_.at(sequence).bytes.at(index(stream));
}

std::string OutputDesk::error_tail(Sequence sequence, std::size_t lines_max) const {
  std::string_view tail = jobs_.at(sequence).error_tail;
  while (tail.ends_with('\n')) {
    tail.remove_suffix(1);
  }
  std::size_t begin = tail.size();
  for (std::size_t lines = 0; lines < lines_max && begin != std::string_view::npos && begin > 0;
       ++lines) {
    begin = tail.rfind('\n', begin - 1);
  }
  return std::string(begin == std::string_view::npos || begin == 0 ? tail : tail.substr(begin + 1));
}

void OutputDesk::close(Sequence sequence, json::Value result, std::string_view status) {
  JobOutput& job = jobs_.at(sequence);
  if (options_.files) {
    if (const auto finished = options_.files->finish(sequence, status); !finished) {
      lose(sequence, job, finished.error());
    }
  }
  if (wants_json() && !result.is_null()) {
    job.result = json_line(std::move(result), job);
  }
  job.is_closed = true;
  held_back_.erase(sequence);
  if (job.held[0].is_empty() && job.held[1].is_empty() && job.result.empty() &&
      (!options_.ends_lines || !job.has_shown)) {
    jobs_.erase(sequence);  // It has nothing to wait for but its turn.
  }
  for (const Sequence shown : order_.finish(sequence)) {
    if (const auto found = jobs_.find(shown); found != jobs_.end()) {
      show_rest(found->second);
      jobs_.erase(found);
    }
  }
  make_front_live();
}

// --- bytes ---------------------------------------------------------------------------------------

void OutputDesk::write(Sequence sequence, OutputStream stream, std::string_view bytes) {
  const auto found = jobs_.find(sequence);
  if (found == jobs_.end() || found->second.is_lost) {
    return;
  }
  JobOutput& job = found->second;
  job.bytes.at(index(stream)) += bytes.size();
  if (stream == OutputStream::err) {
    keep_tail(job.error_tail, bytes);
  }
  if (options_.files) {
    if (const auto written = options_.files->write(sequence, stream, bytes); !written) {
      return lose(sequence, job, written.error());
    }
  }
  if (!keeps_output()) {
    return;
  }
  if (wants_json()) {
    const std::uint64_t held = job.held.at(index(stream)).bytes();
    return keep(sequence, job, stream,
                bytes.substr(0, json_bytes_max - std::min(held, json_bytes_max)));
  }
  LinePrefix& prefix = job.prefixes.at(index(stream));
  if (prefix.is_empty()) {
    prefix.pass(bytes);
    return show(sequence, job, stream, bytes);
  }
  scratch_.clear();
  prefix.append(bytes, scratch_);
  show(sequence, job, stream, scratch_);
}

/// Shows what may be shown now, and keeps the rest.
void OutputDesk::show(Sequence sequence, JobOutput& job, OutputStream stream,
                      std::string_view bytes) {
  if (!job.is_last || !order_.is_live(sequence)) {
    return keep(sequence, job, stream, bytes);
  }
  switch (order_.mode()) {
    case OutputMode::live: return show_lines(sequence, job, stream, bytes);
    case OutputMode::ordered:
      if (stream == OutputStream::err) {
        return keep(sequence, job, stream, bytes);  // It comes after all of the standard output.
      }
      break;
    case OutputMode::grouped:
    case OutputMode::raw: break;
  }
  job.has_shown = true;
  outlet_.write(stream, bytes);
  hold_if_blocked(sequence);
}

void OutputDesk::show_lines(Sequence sequence, JobOutput& job, OutputStream stream,
                            std::string_view bytes) {
  const std::size_t newline = bytes.rfind('\n');
  if (newline == std::string_view::npos) {
    return keep(sequence, job, stream, bytes);
  }
  show_held(job, stream);
  outlet_.write(stream, bytes.substr(0, newline + 1));
  job.has_shown = true;
  keep(sequence, job, stream, bytes.substr(newline + 1));
  hold_if_blocked(sequence);
}

void OutputDesk::keep(Sequence sequence, JobOutput& job, OutputStream stream,
                      std::string_view bytes) {
  if (const auto kept = store_.append(job.held.at(index(stream)), bytes); !kept) {
    lose(sequence, job, kept.error());
  } else if (store_.is_half_full()) {
    hold_if_blocked(sequence);
  }
}

void OutputDesk::lose(Sequence sequence, JobOutput& job, const Error& error) {
  if (!std::exchange(job.is_lost, true)) {
    callbacks_.lost(sequence, error);
  }
}

void OutputDesk::show_held(JobOutput& job, OutputStream stream) {
  HeldOutput& held = job.held.at(index(stream));
  if (!held.is_empty()) {
    job.has_shown = true;
    outlet_.write(stream, std::move(held));
  }
}

void OutputDesk::show_rest(JobOutput& job) {
  if (wants_json()) {
    return outlet_.write(OutputStream::out, job.result);
  }
  for (const auto stream : {OutputStream::out, OutputStream::err}) {
    show_held(job, stream);
    if (options_.ends_lines) {
      outlet_.write(stream, job.prefixes.at(index(stream)).ending());
    }
  }
}

/// What the first job has written while others were shown; from now on it is shown as it writes.
void OutputDesk::make_front_live() {
  const auto front = order_.front();
  const auto found = front ? jobs_.find(*front) : jobs_.end();
  if (found != jobs_.end() && found->second.is_last && !wants_json()) {
    show_held(found->second, OutputStream::out);
  }
}

void OutputDesk::hold_if_blocked(Sequence sequence) {
  if (outlet_.is_blocked() && held_back_.insert(sequence).second) {
    callbacks_.hold(sequence, true);
  }
}

void OutputDesk::drained() {
  for (const Sequence sequence : std::exchange(held_back_, {})) {
    callbacks_.hold(sequence, false);
  }
}

std::string OutputDesk::json_line(json::Value result, JobOutput& job) {
  if (options_.shown == Shown::json) {
    for (const auto stream : {OutputStream::out, OutputStream::err}) {
      std::string all;
      HeldOutput& held = job.held.at(index(stream));
      while (!held.is_empty()) {
        const auto piece = store_.take(held);
        if (!piece || piece->empty()) {
          store_.drop(held);
          break;
        }
        all += *piece;
      }
      const std::string key = stream == OutputStream::out ? "stdout" : "stderr";
      if (!text::is_utf8(all)) {  // As in the log (attempt_text.hpp).
        result.set(key + "_base64", base64(all));
      }
      result.set(key, std::move(all));
    }
  }
  return json::write(result) + "\n";
}

}  // namespace tend::jobs
