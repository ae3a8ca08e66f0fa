#pragma once
// Children to look at: tests/programs/inspected, started and ready.

#include <tend/command.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tend::test {

class Inspected {
 public:
  /// Starts it and waits for its line. A failure fails the test and ends the program.
  explicit Inspected(std::vector<std::string> arguments);
  /// Any other command that says something with its first line.
  explicit Inspected(Command command);
  ~Inspected();
  Inspected(const Inspected&) = delete;
  Inspected& operator=(const Inspected&) = delete;

  [[nodiscard]] std::int32_t pid() const { return child_.pid(); }
  [[nodiscard]] Child& child() { return child_; }

  /// What its line said: `NAME=VALUE` words.
  [[nodiscard]] std::int32_t number(const std::string& name) const;
  [[nodiscard]] std::uint64_t address(const std::string& name) const;
  [[nodiscard]] const std::map<std::string, std::string>& words() const { return words_; }

  /// Ends it and waits for that, without reaping it.
  void become_zombie();

 private:
  Child child_;
  std::map<std::string, std::string> words_{};
};

}  // namespace tend::test
