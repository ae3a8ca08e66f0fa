#include "service/control/request_reader.hpp"

namespace tend::service {

RequestReader::State RequestReader::add(std::string_view bytes) {
  if (state_ != State::partial) {
    return state_;
  }
  const std::size_t newline = bytes.find('\n');
  const std::string_view part = bytes.substr(0, newline);
  if (part.size() > bytes_max_ - line_.size()) {
    line_.clear();
    return state_ = State::too_long;
  }
  line_ += part;
  if (newline != std::string_view::npos) {
    state_ = State::complete;
  }
  return state_;
}

RequestReader::State RequestReader::end() {
  if (state_ == State::partial && !line_.empty()) {
    state_ = State::complete;
  }
  return state_;
}

}  // namespace tend::service
