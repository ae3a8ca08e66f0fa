#pragma once
// Ready is who writes a newline to the agreed descriptor (as s6 has it).

#include <string>

#include "os/event_loop.hpp"
#include "os/fd.hpp"
#include "service/director/probe_attempt.hpp"

namespace tend::service {

class LineProbe : public ProbeAttempt {
 public:
  /// `pipe` is the read end of what the service has as descriptor `number`; nobody else reads it.
  LineProbe(os::EventLoop& loop, const os::Fd& pipe, int number)
      : loop_(loop), pipe_(pipe), number_(number) {}
  ~LineProbe() override { loop_.remove(watch_); }
  LineProbe(const LineProbe&) = delete;
  LineProbe& operator=(const LineProbe&) = delete;

  [[nodiscard]] std::string overdue(const std::string& limit) const override;

 private:
  void begin() override;
  void read_on();

  os::EventLoop& loop_;
  const os::Fd& pipe_;
  int number_;
  os::WatchId watch_ = os::WatchId::none;
};

}  // namespace tend::service
