#include "os/own_program.hpp"

#include <fcntl.h>
#include <sys/auxv.h>

#include <utility>

#include "os/files.hpp"

namespace tend::os {

namespace {

constexpr const char* own_link = "/proc/self/exe";

/// The kernel put this text into our memory at exec.
std::string executed_path() {
  const auto* path = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
  return path == nullptr ? std::string() : std::string(path);
}

}  // namespace

std::string own_program_path() { return read_link(own_link).value_or(executed_path()); }

Result<Fd> open_own_program() {
  auto opened = open_file(own_link, O_PATH);
  return opened ? std::move(opened) : open_file(executed_path(), O_PATH);
}

}  // namespace tend::os
