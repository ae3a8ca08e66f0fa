#include "jobs/detached/slurm_queue.hpp"

#include <tend/command.hpp>

#include <cstddef>
#include <string_view>
#include <utility>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "base/try.hpp"

namespace tend::jobs {

namespace {

using namespace std::chrono_literals;

constexpr auto squeue_answers_within = 10s;
constexpr std::size_t answer_bytes_max = std::size_t{4} << 20U;
constexpr std::size_t shown_bytes_max = 200;

/// What the command printed, if it ended with 0 in time.
Result<std::string> answer_of(Command command, std::string_view name,
                              std::chrono::nanoseconds within_time) {
  const Output output = TEND_TRY(
      command.deadline(within(within_time)).output_limit(answer_bytes_max).linger(100ms).capture());
  if (output.timed_out) {
    return refused(
        "ask", std::string(name),
        text::format(
            "it has not answered within {}",
            duration_text(std::chrono::duration_cast<std::chrono::milliseconds>(within_time))));
  }
  if (!output.status.success()) {
    const std::string_view said = text::trimmed(output.err);
    return refused("ask", std::string(name),
                   said.empty() ? output.status.description()
                                : text::printable(said.substr(said.rfind('\n') + 1)));
  }
  return output.out;
}

std::string shown(std::string_view answer) {
  return text::quoted(text::trimmed(answer).substr(0, shown_bytes_max));
}

}  // namespace

Result<std::string> submit(const SlurmArray& array, std::chrono::nanoseconds answer_within) {
  const std::string answer =
      TEND_TRY(answer_of(Command::shell(submit_words(array)), "sbatch", answer_within));
  const auto job = submitted_job(answer);
  return job ? Result<std::string>(*job)
             : refused("ask", "sbatch",
                       "it ended with 0 and said no job's number but " + shown(answer));
}

Result<std::map<unsigned, std::string>> tasks_in_queue(const std::string& name) {
  const std::string answer = TEND_TRY(answer_of(
      Command("squeue").args({"--noheader", "--array", "--name=" + name, "--format=%K:%T:%r"}),
      "squeue", squeue_answers_within));
  auto tasks = queued_tasks(answer);
  return tasks ? Result<std::map<unsigned, std::string>>(*std::move(tasks))
               : refused("ask", "squeue", "it said " + shown(answer));
}

}  // namespace tend::jobs
