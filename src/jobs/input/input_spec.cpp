#include "jobs/input/input_spec.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/try.hpp"
#include "jobs/input/template.hpp"

namespace tend::jobs {

namespace {

bool is_marker(std::string_view word) {
  return word == ":::" || word == ":::+" || word == "::::" || word == "::::+";
}

/// The sources that one marker and the words behind it are: one of words, or one for each file.
Result<std::vector<ItemSource>> read_sources(std::string_view marker,
                                             std::span<const std::string> words) {
  const bool is_linked = marker.ends_with('+');
  if (!marker.starts_with("::::")) {
    return std::vector{ItemSource{.words = {words.begin(), words.end()}, .is_linked = is_linked}};
  }
  if (words.empty()) {
    return refused("arguments", std::string(marker), "a file must follow");
  }
  std::vector<ItemSource> sources;
  for (const std::string& word : words) {
    sources.push_back({.path = word, .is_linked = is_linked});
  }
  return sources;
}

Result<> check_sources(std::span<const ItemSource> sources) {
  if (!sources.empty() && sources.front().is_linked) {
    return refused("arguments", ":::+",
                   "links a source to the one before it; the first begins with :::");
  }
  const auto is_standard_input = [](const ItemSource& source) { return source.path == "-"; };
  if (std::ranges::count_if(sources, is_standard_input) > 1) {
    return refused("arguments", "-", "standard input can be read only once");
  }
  return {};
}

Result<> check_block(const InputSpec& spec) {
  if (!spec.is_piped && spec.block_bytes) {
    return refused("options", "--block", "is for --pipe");
  }
  if (spec.block_bytes == std::size_t{0}) {
    return refused("options", "--block", "a block has at least one byte");
  }
  if (!spec.is_piped) {
    return {};
  }
  if (spec.line.sources != std::vector{ItemSource{.path = "-"}}) {
    return refused("options", "--pipe", "reads standard input; leave out :::, :::: and --arg-file");
  }
  if (spec.format != ItemFormat::plain || spec.fills_up) {
    return refused("options", "--pipe",
                   "jobs get blocks of text on their input; leave out --col, --csv and -X");
  }
  if (spec.line.command.empty() && !spec.script) {
    return refused("options", "--pipe", "needs a command that reads the blocks");
  }
  const Template command(spec.line.command, {});
  return command.first_item_place().empty()
             ? Result<>()
             : refused("options", "--pipe",
                       text::format("a job has no items, so there is nothing that {} could be",
                                    command.first_item_place()));
}

Result<> check_script(const InputSpec& spec) {
  const std::string place = spec.script ? find_place(*spec.script) : "";
  if (place.empty()) {
    return {};
  }
  return refused(
      "options", "--sh",
      text::format("{} in the text is not replaced, so that no item can become a part of "
                   "the program; the items are \"$1\", \"$2\"..., and words behind the "
                   "text are a template for them: --sh 'mv \"$1\" \"$2\"' {{}} {{.}}.old",
                   place));
}

}  // namespace

Result<CommandLine> read_command_line(std::span<const std::string> words,
                                      std::span<const std::string> files) {
  CommandLine line;
  for (const std::string& file : files) {
    line.sources.push_back({.path = file});
  }
  auto marker = std::ranges::find_if(words, is_marker);
  line.command.assign(words.begin(), marker);
  while (marker != words.end()) {
    const auto next = std::find_if(marker + 1, words.end(), is_marker);
    for (ItemSource& source : TEND_TRY(read_sources(*marker, {marker + 1, next}))) {
      line.sources.push_back(std::move(source));
    }
    marker = next;
  }
  if (line.sources.empty()) {
    line.sources.push_back({.path = "-"});
  }
  TEND_TRY(check_sources(line.sources));
  return line;
}

Result<> check(const InputSpec& spec) {
  if (spec.at_most == std::uint64_t{0}) {
    return refused("options", "-n", "a job has at least one item");
  }
  if (spec.format == ItemFormat::csv && spec.column_separator.size() != 1) {
    return refused("options", "--col", "with --csv the separator is one character");
  }
  TEND_TRY(check_block(spec));
  return check_script(spec);
}

std::string command_text(const InputSpec& spec) {
  std::string whole;
  if (spec.script) {
    whole = "--sh " + text::shell_word(*spec.script);
  }
  if (!spec.line.command.empty()) {
    whole += (whole.empty() ? "" : " ") + text::shell_words(spec.line.command);
  }
  return whole.empty() ? "--sh" : whole;
}

// `command` keeps a shell that does not know the option alive: a special builtin that fails would
// end it (POSIX.1-2017, 2.8.1).
std::string with_pipefail(std::string_view script) {
  return "command set -o pipefail 2>/dev/null; " + std::string(script);
}

std::vector<std::string> script_words(const InputSpec& spec) {
  if (spec.script) {
    return {spec.shell, "-c", with_pipefail(*spec.script), spec.shell};
  }
  return spec.line.command.empty() ? std::vector<std::string>{spec.shell, "-c"}
                                   : std::vector<std::string>{};
}

}  // namespace tend::jobs
