#pragma once
// The driver's side of a contender (contender.hpp): a program that is asked line by line.

#include <string>
#include <vector>

#include <sys/types.h>

namespace tend::bench {

class Conversation {
 public:
  explicit Conversation(const std::vector<std::string>& command);
  Conversation(Conversation&& other) noexcept;
  Conversation& operator=(Conversation&&) = delete;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  ~Conversation();

  /// The answer; empty when the contender has ended.
  std::string ask(const std::string& request);

 private:
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
};

}  // namespace tend::bench
