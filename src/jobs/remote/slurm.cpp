#include "jobs/remote/slurm.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <ranges>
#include <span>

#include "base/number.hpp"
#include "base/text.hpp"

namespace tend::jobs {

namespace {

/// A worker is one task on one node, whose streams are ours alone.
struct Forbidden {
  std::string_view letter{};
  std::string_view name{};
  std::string_view why{};
};

constexpr std::string_view one_task = "each worker is one task: --workers says how many there are";
constexpr std::string_view our_streams = "the standard streams of a worker are tend's";

constexpr std::string_view our_array = "it is what tend knows its tasks by";

constexpr std::array forbidden_in_arrays = {
    Forbidden{"-a", "--array", one_task},
    Forbidden{"-J", "--job-name", our_array},
    Forbidden{"", "--wrap", "a task is tend"},
    Forbidden{"-W", "--wait", "a detached run is not waited for"},
    Forbidden{"", "--parsable", our_array},
};

constexpr std::array forbidden = {
    Forbidden{"-n", "--ntasks", one_task},   Forbidden{"-N", "--nodes", one_task},
    Forbidden{"-i", "--input", our_streams}, Forbidden{"-o", "--output", our_streams},
    Forbidden{"-e", "--error", our_streams}, Forbidden{"-l", "--label", our_streams},
    Forbidden{"", "--pty", our_streams},     Forbidden{"-u", "--unbuffered", our_streams},
};

/// `-n4` and `-n 4` of a letter; `--nodes=4` and `--nodes 4` of a name.
bool is_option(std::string_view word, std::string_view letter, std::string_view name) {
  if (word.starts_with("--")) {
    return word == name || (word.starts_with(name) && word.substr(name.size()).starts_with('='));
  }
  return !letter.empty() && word.starts_with(letter);
}

std::vector<std::string_view> words_of(std::string_view options) {
  std::vector<std::string_view> words;
  for (const std::string_view word : text::split(options, ' ')) {
    if (!word.empty()) {
      words.push_back(word);
    }
  }
  return words;
}

/// The value of `-c4`, `-c 4`, `--cpus-per-task=4` or `--cpus-per-task 4`; the last one counts.
std::optional<unsigned> cpus_per_task(const std::vector<std::string_view>& words) {
  constexpr std::string_view name = "--cpus-per-task";
  std::optional<unsigned> cpus;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string_view word = words[at];
    if (!is_option(word, "-c", name)) {
      continue;
    }
    std::string_view value = word.substr(word.starts_with("--") ? name.size() : 2);
    if (value.starts_with('=')) {
      value.remove_prefix(1);
    } else if (value.empty() && at + 1 < words.size()) {
      value = words[at + 1];
    }
    cpus = parse_integer<unsigned>(value);
  }
  return cpus;
}

Result<> check_options(const std::vector<std::string_view>& words,
                       std::span<const Forbidden> ours) {
  for (const std::string_view word : words) {
    for (const Forbidden& option : ours) {
      if (is_option(word, option.letter, option.name)) {
        return refused("place workers", std::string(word), std::string(option.why));
      }
    }
  }
  return {};
}

std::string counted_states(const std::map<std::string, unsigned>& counts) {
  std::vector<std::string> words;
  for (const auto& [reason, count] : counts) {
    words.push_back(text::format("{} {}", count, reason));
  }
  return text::join(words, ", ");
}

/// `PENDING:Resources` as `pending (Resources)`.
std::optional<std::string> state_words(std::string_view state_and_reason) {
  const std::size_t colon = state_and_reason.find(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  std::string state(state_and_reason.substr(0, colon));
  std::ranges::transform(state, state.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  const std::string_view reason = text::trimmed(state_and_reason.substr(colon + 1));
  return text::printable(
      reason.empty() || reason == "None" ? state : text::format("{} ({})", state, reason));
}

}  // namespace

Result<SlurmLaunch> slurm_launch(std::string_view options, std::optional<unsigned> slots) {
  const std::vector<std::string_view> words = words_of(options);
  if (const auto checked = check_options(words, forbidden); !checked) {
    return std::unexpected(checked.error());
  }
  const std::optional<unsigned> cpus = cpus_per_task(words);
  SlurmLaunch launch{.launcher = "srun --job-name=tend --nodes=1 --ntasks=1",
                     .slots = slots.value_or(cpus.value_or(1))};
  if (slots && !cpus) {
    launch.launcher += text::format(" --cpus-per-task={}", *slots);
  }
  if (!words.empty()) {
    launch.launcher += ' ';
    launch.launcher += options;
  }
  return launch;
}

std::vector<std::uint64_t> queued_slurm_jobs(const std::vector<std::string>& outputs) {
  constexpr std::string_view before = "srun: job ";
  std::vector<std::uint64_t> jobs;
  for (const std::string& output : outputs) {
    for (const std::string_view line : text::split(output, '\n')) {
      if (!line.starts_with(before) || !line.contains(" queued")) {
        continue;
      }
      const std::string_view rest = line.substr(before.size());
      if (const auto job = parse_integer<std::uint64_t>(rest.substr(0, rest.find(' ')))) {
        jobs.push_back(*job);
      }
    }
  }
  return jobs;
}

std::string squeue_words(std::string_view lines) {
  std::map<std::string, unsigned> counts;
  for (const std::string_view line : text::split(lines, '\n')) {
    if (const auto words = state_words(line)) {
      ++counts[*words];
    }
  }
  return counted_states(counts);
}

Result<SlurmArray> slurm_array(std::string_view options, std::optional<unsigned> slots) {
  const std::vector<std::string_view> words = words_of(options);
  for (const std::span<const Forbidden> ours :
       {std::span<const Forbidden>(forbidden), std::span<const Forbidden>(forbidden_in_arrays)}) {
    if (const auto checked = check_options(words, ours); !checked) {
      return std::unexpected(checked.error());
    }
  }
  const std::optional<unsigned> cpus = cpus_per_task(words);
  return SlurmArray{.options = std::string(text::trimmed(options)),
                    .slots = slots.value_or(cpus.value_or(1)),
                    .asks_for_cpus = slots && !cpus};
}

std::string array_script(const SlurmArray& array) {
  std::string script = text::format(
      "#!/bin/sh\n"
      "# Submitted by: {}\n"
      "#SBATCH --job-name={}\n"
      "#SBATCH --array=1-{}\n"
      "#SBATCH --nodes=1\n"
      "#SBATCH --ntasks=1\n",
      submit_words(array), array.name, array.tasks);
  if (array.asks_for_cpus) {
    script += text::format("#SBATCH --cpus-per-task={}\n", array.slots);
  }
  const std::vector<std::string> words = {array.program, "__share", array.folder};
  return script + "exec " + text::shell_words(words) + " \"$SLURM_ARRAY_TASK_ID\"\n";
}

std::string submit_words(const SlurmArray& array) {
  // In the names of output files % begins a pattern (sbatch(1)).
  std::string output;
  for (const char letter : array.folder) {
    output += letter == '%' ? "%%" : std::string(1, letter);
  }
  const std::vector<std::string> ours = {"sbatch", "--parsable", "--output=" + output + "/%a.out",
                                         "--open-mode=append"};
  const std::vector<std::string> script = {array.folder + "/script"};
  return text::shell_words(ours) + (array.options.empty() ? "" : " " + array.options) + " " +
         text::shell_words(script);
}

std::optional<std::string> submitted_job(std::string_view answer) {
  // `NUMBER`, or `NUMBER;CLUSTER` where there are several.
  const std::string_view number = text::trimmed(answer).substr(0, answer.find(';'));
  return parse_integer<std::uint64_t>(number) ? std::optional(std::string(number)) : std::nullopt;
}

std::optional<std::map<unsigned, std::string>> queued_tasks(std::string_view lines) {
  std::map<unsigned, std::string> tasks;
  for (const std::string_view line : text::split(lines, '\n')) {
    if (text::trimmed(line).empty()) {
      continue;
    }
    const std::size_t colon = std::min(line.find(':'), line.size());
    const auto task = parse_integer<unsigned>(text::trimmed(line.substr(0, colon)));
    const auto words = state_words(line.substr(std::min(colon + 1, line.size())));
    if (!task || !words) {
      return std::nullopt;
    }
    tasks.emplace(*task, *words);
  }
  return tasks;
}

}  // namespace tend::jobs
