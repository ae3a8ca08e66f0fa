// Row 29: what a shell does with < > >> 2>&1 and 5<, without a shell and its quoting: any
// descriptor of a child comes from or goes to a file, a pipe, or a descriptor of ours.
//
// output:
// sort < fruit > sorted:  apple pear
// echo more >> sorted:    apple pear more
// out and err together:   out err
// from descriptor 5:      pear apple
// a file that is missing: <any>/nonexistent/file<any>No such file or directory

#include <tend/command.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "or_exit.hpp"

namespace {

using tend::Command;
using tend::Stdio;

std::string words(const std::string& file) {
  const auto output = or_exit(Command("paste", {"-sd", " ", file}).checked().capture());
  return output.out;
}

}  // namespace

int main() {
  std::string folder = "/tmp/redirection-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) {
    return 1;
  }
  const std::string fruit = folder + "/fruit";
  const std::string sorted = folder + "/sorted";
  or_exit(Command("printf", {"pear\\napple\\n"}).out(Stdio::truncate(fruit)).checked().status());
  or_exit(Command("sort").in(Stdio::read(fruit)).out(Stdio::truncate(sorted)).checked().status());
  std::printf("sort < fruit > sorted:  %s", words(sorted).c_str());
  or_exit(Command("echo", {"more"}).out(Stdio::append(sorted)).checked().status());
  std::printf("echo more >> sorted:    %s", words(sorted).c_str());
  or_exit(Command::shell("echo out; echo err >&2")
              .out(Stdio::truncate(sorted))
              .err(Stdio::same_as_out())
              .checked()
              .status());
  std::printf("out and err together:   %s", words(sorted).c_str());
  {
    const tend::Fd file(::open(fruit.c_str(), O_RDONLY | O_CLOEXEC));
    const auto output = or_exit(
        Command::shell("paste -sd ' ' /dev/fd/5").descriptor(5, file.get()).checked().capture());
    std::printf("from descriptor 5:      %s", output.out.c_str());
  }
  const auto missing = Command("cat").in(Stdio::read("/nonexistent/file")).status();
  std::printf("a file that is missing: %s\n", missing ? "read" : missing.error().message().c_str());
  or_exit(Command("rm", {"-r", folder}).checked().status());
}
