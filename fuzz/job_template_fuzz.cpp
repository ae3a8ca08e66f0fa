// Whatever stands in a command's template: it is filled without a crash, within the room it says it
// needs, and an item that stands alone comes through as it is.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/input/template.hpp"
#include "jobs/job.hpp"
#include "target.hpp"

namespace {

/// The lines of the input: words, then behind an empty line items, then behind another one names.
std::vector<std::vector<std::string>> parts_of(std::string_view text) {
  std::vector<std::vector<std::string>> parts(1);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty()) {
      parts.emplace_back();
    } else {
      parts.back().emplace_back(line);
    }
  }
  parts.resize(3);
  return parts;
}

}  // namespace

void tend::fuzz::try_input(std::string_view input) {
  using namespace tend::jobs;
  auto parts = parts_of(input);
  const std::vector<std::string>& items = parts[1];
  parts[0].emplace_back("{}");
  const Template command(parts[0], parts[2]);
  const std::vector<std::string> arguments = command.expand(items, UINT64_MAX);
  ItemSizes sizes;
  for (const std::string& item : items) {
    sizes.add(item);
    static_cast<void>(command.argument_bytes_at_most(item));
  }
  std::size_t bytes = 0;
  for (const std::string& argument : arguments) {
    bytes += argument.size() + 1 + sizeof(char*);
  }
  require(bytes <= command.bytes_at_most(sizes));
  require(arguments.size() >= items.size());
  for (std::size_t index = 0; index < items.size(); ++index) {
    require(arguments[arguments.size() - items.size() + index] == items[index]);
  }
  static_cast<void>(argv_in_slot({.argv = arguments}, 7));
}
