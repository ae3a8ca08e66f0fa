#include "service/director/probe.hpp"

#include <utility>

#include "base/duration.hpp"
#include "service/director/attempt_schedule.hpp"
#include "service/director/delay_probe.hpp"
#include "service/director/exec_probe.hpp"
#include "service/director/http_probe.hpp"
#include "service/director/line_probe.hpp"
#include "service/director/tcp_probe.hpp"

namespace tend::service {

Probe::Probe(os::EventLoop& loop, const Readiness& readiness, ProbeSurroundings surroundings,
             OnReady on_ready)
    : loop_(loop),
      readiness_(readiness),
      surroundings_(std::move(surroundings)),
      on_ready_(std::move(on_ready)) {
  begin_attempt();
}

Probe::~Probe() { loop_.cancel(timer_); }

std::unique_ptr<ProbeAttempt> Probe::make_attempt() {
  switch (readiness_.means) {
    case ReadyMeans::none:
    case ReadyMeans::notify: return nullptr;
    case ReadyMeans::fd:
      return std::make_unique<LineProbe>(loop_, surroundings_.line, readiness_.fd);
    case ReadyMeans::tcp: return std::make_unique<TcpProbe>(loop_, readiness_);
    case ReadyMeans::http: return std::make_unique<HttpProbe>(loop_, readiness_);
    case ReadyMeans::exec:
      return std::make_unique<ExecProbe>(loop_, readiness_, surroundings_.spec);
    case ReadyMeans::delay:
      return std::make_unique<DelayProbe>(loop_, surroundings_.started + readiness_.delay);
  }
  return nullptr;
}

void Probe::begin_attempt() {
  attempt_ = make_attempt();
  if (!attempt_) {
    return;
  }
  ++attempts_;
  if (is_repeated(readiness_.means)) {
    const milliseconds limit = attempt_limit(readiness_);
    timer_ = loop_.add_timer(limit, [this, limit] {
      timer_ = os::TimerId::none;
      end_attempt(attempt_->overdue(duration_text(limit)));
    });
  }
  attempt_->start([this](std::string problem) { end_attempt(std::move(problem)); });
}

void Probe::end_attempt(std::string problem) {
  loop_.cancel(std::exchange(timer_, os::TimerId::none));
  attempt_.reset();
  if (problem.empty()) {
    OnReady on_ready = std::move(on_ready_);
    on_ready();
    return;  // This may be gone.
  }
  last_problem_ = std::move(problem);
  if (is_repeated(readiness_.means)) {
    timer_ = loop_.add_timer(attempt_pause(readiness_), [this] {
      timer_ = os::TimerId::none;
      begin_attempt();
    });
  }
}

}  // namespace tend::service
