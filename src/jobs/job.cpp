#include "jobs/job.hpp"

#include <cstddef>
#include <string_view>

#include "base/text.hpp"

namespace tend::jobs {

namespace {

std::string with_slot(const std::string& argument, std::string_view slot) {
  std::string whole;
  std::size_t from = 0;
  for (std::size_t at = argument.find(slot_mark); at != std::string::npos;
       at = argument.find(slot_mark, from)) {
    whole.append(argument, from, at - from).append(slot);
    from = at + 1;
  }
  return whole.append(argument, from);
}

}  // namespace

std::vector<std::string> argv_in_slot(const Job& job, unsigned slot) {
  const std::string number = std::to_string(slot);
  std::vector<std::string> argv;
  argv.reserve(job.argv.size());
  for (const std::string& argument : job.argv) {
    argv.push_back(with_slot(argument, number));
  }
  return argv;
}

std::string item_text(const Job& job) { return text::join(job.items, " "); }

}  // namespace tend::jobs
