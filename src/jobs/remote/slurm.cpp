#include "jobs/remote/slurm.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <ranges>

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

}  // namespace

Result<SlurmLaunch> slurm_launch(std::string_view options, std::optional<unsigned> slots) {
  const std::vector<std::string_view> words = words_of(options);
  for (const std::string_view word : words) {
    for (const Forbidden& option : forbidden) {
      if (is_option(word, option.letter, option.name)) {
        return refused("place workers", std::string(word), std::string(option.why));
      }
    }
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
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      continue;
    }
    std::string state(line.substr(0, colon));
    std::ranges::transform(state, state.begin(), [](unsigned char letter) {
      return static_cast<char>(std::tolower(letter));
    });
    ++counts[text::printable(
        text::format("{} ({})", state, text::trimmed(line.substr(colon + 1))))];
  }
  std::vector<std::string> words;
  for (const auto& [reason, count] : counts) {
    words.push_back(text::format("{} {}", count, reason));
  }
  return text::join(words, ", ");
}

}  // namespace tend::jobs
