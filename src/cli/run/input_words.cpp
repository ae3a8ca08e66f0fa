#include "cli/run/input_words.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/run/word.hpp"
#include "jobs/input/separator.hpp"

namespace tend::cli {

namespace {

Outcome<void> set_separators(const Invocation& invocation, jobs::InputSpec& spec) {
  if (invocation.has("null") && invocation.has("delimiter")) {
    return fail(exit_usage, "run: --null and --delimiter exclude each other");
  }
  if (invocation.has("null")) {
    spec.separator = std::string(1, '\0');
  }
  if (const auto word = invocation.value("delimiter")) {
    spec.separator = TEND_TRY(read_word("delimiter", jobs::parse_separator(*word)));
  }
  if (invocation.has("csv")) {
    spec.format = jobs::ItemFormat::csv;
  }
  if (const auto word = invocation.value("col")) {
    spec.column_separator = TEND_TRY(read_word("col", jobs::parse_separator(*word)));
    if (!invocation.has("csv")) {
      spec.format = jobs::ItemFormat::columns;
    }
  }
  return {};
}

Outcome<void> set_amounts(const Invocation& invocation, jobs::InputSpec& spec) {
  if (const auto word = invocation.value("max-args")) {
    spec.at_most = parse_integer<std::uint64_t>(*word);
    if (spec.at_most.value_or(0) == 0) {
      return bad_word("max-args", *word, "a number, 1 or more");
    }
  }
  if (const auto word = invocation.value("block")) {
    const std::uint64_t bytes = TEND_TRY(read_size("block", *word));
    if (bytes == 0) {
      return bad_word("block", *word, "a size, such as 1MiB");
    }
    spec.block_bytes = static_cast<std::size_t>(bytes);
  }
  spec.fills_up = invocation.has("fill");
  spec.is_piped = invocation.has("pipe");
  return {};
}

}  // namespace

Outcome<jobs::InputSpec> input_spec_of(const Invocation& invocation) {
  jobs::InputSpec spec;
  auto line = jobs::read_command_line(invocation.arguments(), invocation.values("arg-file"));
  if (!line) {
    return fail(exit_usage, "run: " + line.error().message());
  }
  spec.line = *std::move(line);
  spec.script = invocation.value("sh");
  TEND_TRY(set_separators(invocation, spec));
  TEND_TRY(set_amounts(invocation, spec));
  if (const auto checked = jobs::check(spec); !checked) {
    return fail(exit_usage, "run: " + checked.error().message());
  }
  return spec;
}

}  // namespace tend::cli
