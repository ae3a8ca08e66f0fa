#include "jobs/front/machine_admission.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "jobs/slots/gauges.hpp"

namespace tend::jobs {

namespace {

/// The load is an average over a minute; memory changes faster, and asking costs little.
constexpr std::chrono::milliseconds ask_again{500};

}  // namespace

std::optional<Refusal> MachineAdmission::admit(AttemptId /*id*/, unsigned running) {
  MachineReadings readings;
  if (gate_.load_max) {
    readings.load = load_average();
  }
  if (gate_.memory_bytes_min) {
    readings.available_memory_bytes = available_memory();
  }
  std::string why = why_not_now(gate_, readings, running);
  return why.empty() ? std::nullopt
                     : std::optional(Refusal{.pause = ask_again, .why = std::move(why)});
}

}  // namespace tend::jobs
