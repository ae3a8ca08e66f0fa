// Row 22: a pipeline of several commands, a value with the verbs of Command. Every status is there,
// and who of them decides is a choice.
//
// output:
// 2 apple
// 1 pear
// three statuses: exited with 0, exited with 0, exited with 0
// head had enough: killed by SIGPIPE, exited with 0
// as a whole: exited with 0; with pipefail: killed by SIGPIPE
// checked: <any>sh<any>exited with 3<any>

#include <tend/pipeline.hpp>

#include <cstdio>
#include <string>

#include "or_exit.hpp"

namespace {

std::string words(const tend::PipelineStatus& status) {
  std::string text;
  for (const tend::ExitStatus& each : status.each) {
    text += (text.empty() ? "" : ", ") + each.description();
  }
  return text;
}

}  // namespace

int main() {
  using tend::Command;
  const auto output =
      or_exit((Command("sort") | Command("uniq").arg("-c") | Command("sed").arg("s/^ *//"))
                  .input("apple\npear\napple\n")
                  .capture());
  std::printf("%sthree statuses: %s\n", output.out.c_str(), words(output.status).c_str());

  const auto enough = or_exit((Command("yes") | Command("head").args({"-n", "1"})).capture());
  std::printf("head had enough: %s\n", words(enough.status).c_str());
  std::printf("as a whole: %s; with pipefail: %s\n", enough.status.overall().description().c_str(),
              enough.status.overall(tend::PipelineJudge::any_failure).description().c_str());

  const auto failed = or_exit((Command::shell("exit 3") | Command("cat")).capture());
  const auto checked = tend::PipelineOutput(failed).checked();
  std::printf("checked: %s\n", checked ? "fine" : checked.error().message().c_str());
}
