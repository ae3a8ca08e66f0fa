#pragma once
// Ready is who has lived for a time.

#include <string>

#include "os/clock.hpp"
#include "os/event_loop.hpp"
#include "service/director/probe_attempt.hpp"

namespace tend::service {

class DelayProbe : public ProbeAttempt {
 public:
  DelayProbe(os::EventLoop& loop, os::Instant ready_at) : loop_(loop), ready_at_(ready_at) {}
  ~DelayProbe() override { loop_.cancel(timer_); }
  DelayProbe(const DelayProbe&) = delete;
  DelayProbe& operator=(const DelayProbe&) = delete;

  [[nodiscard]] std::string overdue(const std::string& limit) const override {
    return "the delay is longer than " + limit;
  }

 private:
  void begin() override {
    timer_ = loop_.add_timer(ready_at_, [this] {
      timer_ = os::TimerId::none;
      end();
    });
  }

  os::EventLoop& loop_;
  os::Instant ready_at_;
  os::TimerId timer_ = os::TimerId::none;
};

}  // namespace tend::service
