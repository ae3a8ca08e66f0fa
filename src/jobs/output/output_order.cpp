#include "jobs/output/output_order.hpp"

namespace tend::jobs {

std::vector<OutputOrder::Sequence> OutputOrder::finish(Sequence sequence) {
  if (mode_ != OutputMode::ordered) {
    return {sequence};
  }
  finished_.insert(sequence);
  std::vector<Sequence> shown;
  while (!finished_.empty() && *finished_.begin() == *open_.begin()) {
    shown.push_back(*open_.begin());
    open_.erase(open_.begin());
    finished_.erase(finished_.begin());
  }
  return shown;
}

}  // namespace tend::jobs
