// The part of control_message.hpp that is for people's programs: the objects of `tend status
// --json`. Their keys are a promise (docs/cli.md); absent is null.

#include <chrono>

#include "base/json.hpp"
#include "base/time_text.hpp"
#include "service/control/control_message.hpp"

namespace tend::service {

namespace {

json::Value time_value(std::int64_t realtime_ns) {
  if (realtime_ns == 0) {
    return nullptr;
  }
  return rfc3339(RealTime(std::chrono::nanoseconds(realtime_ns)));
}

template <typename T>
json::Value list_value(const std::vector<T>& items) {
  json::Value list = json::Value::array();
  for (const T& item : items) {
    list.push(item);
  }
  return list;
}

json::Value text_or_null(const std::string& text) {
  return text.empty() ? json::Value() : json::Value(text);
}

json::Value exit_value(const std::optional<LastExit>& exit) {
  if (!exit) {
    return nullptr;
  }
  if (exit->how == "unknown") {
    return json::Value::object({{"unknown", true}});
  }
  json::Value object = json::Value::object();
  if (exit->how == "exited") {
    object.set("code", exit->code);
  } else if (exit->signal) {
    object.set("signal", exit->signal).set("core", exit->how == "dumped");
  } else {
    object.set("not_started", true);
  }
  return object.set("text", exit->text);
}

}  // namespace

std::string status_json(const ServiceStatus& status) {
  return json::write(json::Value::object({
      {"name", status.name},
      {"state", status.state},
      {"ready", status.ready},
      {"pid", status.pid},
      {"since", time_value(status.since_realtime_ns)},
      {"uptime_ms", status.uptime_ms},
      {"restarts", status.restarts},
      {"last_exit", exit_value(status.last_exit)},
      {"reason", text_or_null(status.reason)},
      {"tree", text_or_null(status.tree)},
      {"kind", status.kind},
      {"wanted", status.wanted},
      {"run", status.run},
      {"next_attempt_ms", status.next_attempt_ms},
      {"waiting_for", list_value(status.waiting_for)},
      {"leftovers", list_value(status.leftovers)},
      {"status", text_or_null(status.status_text)},
      {"log", text_or_null(status.log)},
      {"log_bytes_dropped", status.log_bytes_dropped},
  }));
}

std::string status_json(const ProjectStatus& status) {
  return json::write(json::Value::object({
      {"project", status.name},
      {"file", status.file},
      {"runtime_dir", status.runtime_dir},
      {"log_dir", status.log_dir},
      {"keeper_pid", status.keeper_pid},
      {"director_pid", status.director_pid},
      {"recorder_pid", status.recorder_pid},
      {"director_starts", status.director_starts},
      {"recorder_starts", status.recorder_starts},
      {"since", time_value(status.since_realtime_ns)},
      {"tree", text_or_null(status.tree)},
      {"orphans_reaped", status.orphans_reaped},
      {"unclaimed", list_value(status.unclaimed)},
      {"log_blocked", text_or_null(status.log_blocked)},
      {"stopping", status.stopping},
  }));
}

}  // namespace tend::service
