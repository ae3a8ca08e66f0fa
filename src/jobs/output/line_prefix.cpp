#include "jobs/output/line_prefix.hpp"

#include <cstddef>

namespace tend::jobs {

void LinePrefix::append(std::string_view bytes, std::string& to) {
  if (prefix_.empty()) {
    to.append(bytes);
    return pass(bytes);
  }
  while (!bytes.empty()) {
    if (!is_in_line_) {
      to.append(prefix_);
    }
    const std::size_t newline = bytes.find('\n');
    const std::size_t length = newline == std::string_view::npos ? bytes.size() : newline + 1;
    to.append(bytes.substr(0, length));
    bytes.remove_prefix(length);
    is_in_line_ = newline == std::string_view::npos;
  }
}

}  // namespace tend::jobs
