#include "inspect/inspected.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "support/temp_dir.hpp"

namespace tend::test {

namespace {

Child started(Command command) {
  auto child = command.in(Stdio::pipe()).out(Stdio::pipe()).on_drop(Drop::kill).spawn();
  if (!child) {
    ADD_FAILURE() << child.error().message();
    std::abort();
  }
  return *std::move(child);
}

std::string first_line(const Fd& from) {
  std::string line;
  char byte = 0;
  while (::read(from.get(), &byte, 1) == 1 && byte != '\n') {
    line += byte;
  }
  return line;
}

}  // namespace

Inspected::Inspected(std::vector<std::string> arguments)
    : Inspected(Command(program("inspected"), std::move(arguments))) {}

Inspected::Inspected(Command command) : child_(started(std::move(command))) {
  std::string line = first_line(child_.out());
  EXPECT_FALSE(line.empty()) << "the child said nothing";
  while (!line.empty()) {
    const std::string word = line.substr(0, line.find(' '));
    line.erase(0, word.size() + 1);
    words_[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  }
}

Inspected::~Inspected() {
  child_.signal(SIGKILL).value();
  child_.wait().value();
}

std::int32_t Inspected::number(const std::string& name) const {
  return std::atoi(words_.at(name).c_str());
}

std::uint64_t Inspected::address(const std::string& name) const {
  return std::strtoull(words_.at(name).c_str(), nullptr, 16);
}

void Inspected::become_zombie() {
  child_.signal(SIGKILL).value();
  pollfd ended{.fd = child_.pidfd().get(), .events = POLLIN, .revents = 0};
  while (::poll(&ended, 1, -1) < 1) {
  }
}

}  // namespace tend::test
