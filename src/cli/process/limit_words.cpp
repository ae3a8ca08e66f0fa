#include "cli/process/limit_words.hpp"

#include "base/size.hpp"
#include "base/text.hpp"

namespace tend::cli {

std::string limit_words(std::optional<std::uint64_t> limit, std::string_view unit) {
  if (!limit) {
    return "unlimited";
  }
  if (unit == "bytes") {
    return human_size(*limit);
  }
  return unit.empty() ? text::format("{}", *limit)
                      : text::format("{} {}", *limit, text::printable(unit));
}

}  // namespace tend::cli
