#pragma once
// Story: what happens in a schedule, line by line, for whoever replays one. Silent without a
// stream.

#include <ostream>

namespace tend::service::world {

class Story {
 public:
  explicit Story(std::ostream* out) : out_(out) {}

  template <typename... Parts>
  void tell(const Parts&... parts) const {
    if (out_ != nullptr) {
      (*out_ << ... << parts) << '\n';
    }
  }

 private:
  std::ostream* out_;
};

}  // namespace tend::service::world
