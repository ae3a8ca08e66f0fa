#pragma once
// Ready is who answers a GET with 2xx or 3xx. A service behind TLS is probed by `exec` or `tcp`.

#include <tend/error.hpp>

#include <string>

#include "os/event_loop.hpp"
#include "service/director/probe_attempt.hpp"
#include "service/director/probe_connection.hpp"
#include "service/service_spec.hpp"

namespace tend::service {

class HttpProbe : public ProbeAttempt {
 public:
  HttpProbe(os::EventLoop& loop, const Readiness& readiness);
  ~HttpProbe() override;
  HttpProbe(const HttpProbe&) = delete;
  HttpProbe& operator=(const HttpProbe&) = delete;

  [[nodiscard]] std::string overdue(const std::string& limit) const override;

 private:
  void begin() override;
  void ask();
  void write_request();
  void read_answer();

  os::EventLoop& loop_;
  ProbeConnection connection_;
  std::string request_;  ///< What is left to be sent.
  std::string answer_{};
  bool is_connected_ = false;
  os::WatchId watch_ = os::WatchId::none;
};

}  // namespace tend::service
