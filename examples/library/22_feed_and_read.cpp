// Row 22: feeds a child's stdin and reads its stdout, as much as there is: in one call, from a
// child that runs, and line by line while it runs. Nobody waits for the other, and no pipe leaks.
//
// output:
// 104857600 bytes through cat and back, the same: yes
// sorted: apple banana cherry .
// line: one
// line: two
// no whole line in time: <any>Connection timed out
// closed twice, and nothing happened

#include <tend/command.hpp>

#include <algorithm>
#include <cstdio>
#include <string>

#include "or_exit.hpp"

int main() {
  using namespace std::chrono_literals;
  const std::string much(100 << 20, 'x');
  const auto output = or_exit(tend::Command("cat").input(much).checked().capture());
  std::printf("%zu bytes through cat and back, the same: %s\n", output.out.size(),
              output.out == much ? "yes" : "no");

  auto sort =
      or_exit(tend::Command("sort").in(tend::Stdio::pipe()).out(tend::Stdio::pipe()).spawn());
  std::string sorted = or_exit(sort.wait_with_output("cherry\napple\nbanana\n")).out;
  std::ranges::replace(sorted, '\n', ' ');
  std::printf("sorted: %s.\n", sorted.c_str());

  auto child = or_exit(tend::Command::shell("echo one; echo two; printf three; read -r more")
                           .in(tend::Stdio::pipe())
                           .out(tend::Stdio::pipe())
                           .spawn());
  auto lines = child.lines();
  for (int i = 0; i < 2; ++i) {
    std::printf("line: %s\n", or_exit(lines.next(20s))->text.c_str());
  }
  std::printf("no whole line in time: %s\n", lines.next(20ms).error().message().c_str());
  child.in().reset();
  child.in().reset();
  std::puts("closed twice, and nothing happened");
  or_exit(child.wait());
}
