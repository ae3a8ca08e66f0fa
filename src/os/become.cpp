#include "os/become.hpp"

#include <unistd.h>

#include <cerrno>
#include <vector>

namespace tend::os {

Error become(const std::string& program, std::span<const std::string> arguments) {
  std::vector<std::string> copies(arguments.begin(), arguments.end());
  std::vector<char*> words;
  words.reserve(copies.size() + 1);
  for (std::string& copy : copies) {
    words.push_back(copy.data());
  }
  words.push_back(nullptr);
  ::execv(program.c_str(), words.data());
  return {.step = "exec", .subject = program, .code = errno};
}

}  // namespace tend::os
