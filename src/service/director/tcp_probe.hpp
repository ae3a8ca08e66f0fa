#pragma once
// Ready is who accepts a connection; it is closed again at once.

#include <string>

#include "os/event_loop.hpp"
#include "service/director/probe_attempt.hpp"
#include "service/director/probe_connection.hpp"
#include "service/service_spec.hpp"

namespace tend::service {

class TcpProbe : public ProbeAttempt {
 public:
  TcpProbe(os::EventLoop& loop, const Readiness& readiness)
      : connection_(loop, readiness.host, readiness.port) {}

  [[nodiscard]] std::string overdue(const std::string& limit) const override {
    return "no answer from " + connection_.endpoint() + " within " + limit;
  }

 private:
  void begin() override {
    connection_.start([this](std::string problem) { end(std::move(problem)); });
  }

  ProbeConnection connection_;
};

}  // namespace tend::service
