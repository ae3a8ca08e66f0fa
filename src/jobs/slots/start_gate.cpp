#include "jobs/slots/start_gate.hpp"

#include "base/size.hpp"
#include "base/text.hpp"
#include "jobs/slots/gauge_text.hpp"

namespace tend::jobs {

std::string why_not_now(const StartGate& gate, const MachineReadings& readings,
                        unsigned running_jobs) {
  if (gate.load_max && readings.load && running_jobs > 0 && *readings.load >= *gate.load_max) {
    return text::format("the load is {:.2f}, and --load is {:.2f}", *readings.load, *gate.load_max);
  }
  if (gate.memory_bytes_min && readings.available_memory_bytes &&
      *readings.available_memory_bytes < *gate.memory_bytes_min) {
    return text::format("{} of memory are free, and --mem-free is {}",
                        human_size(*readings.available_memory_bytes),
                        human_size(*gate.memory_bytes_min));
  }
  return {};
}

Result<double> parse_load_max(std::string_view text, unsigned cores) {
  const bool is_share = text.ends_with('%');
  const auto number = parse_load_average(text.substr(0, text.size() - (is_share ? 1 : 0)));
  if (!number || *number == 0 || text.find_first_not_of("0123456789.%") != std::string_view::npos) {
    return refused("load", text::quoted(text),
                   "write a number above 0, or a share of the cores: 80%");
  }
  return is_share ? *number * cores / 100 : *number;
}

}  // namespace tend::jobs
