#pragma once
// What the jobs of a run are to be made of, as the command line says it: the command, its sources
// of items, and how items become jobs. Pure.

#include <tend/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tend::jobs {

/// One source of items: words of the command line, or a file.
struct ItemSource {
  std::vector<std::string> words{};
  std::optional<std::string> path{};  ///< `-` is standard input.
  /// Goes along with the source before it, item by item, until the shorter one ends; otherwise each
  /// item meets each of the others.
  bool is_linked = false;

  bool operator==(const ItemSource&) const = default;
};

/// A command line without its options.
struct CommandLine {
  std::vector<std::string> command{};
  std::vector<ItemSource> sources{};

  bool operator==(const CommandLine&) const = default;
};

/// Takes `COMMAND... ::: a b :::+ 1 2 :::: FILE...` apart; `files` are those of --arg-file, which
/// come first. Without any source it is standard input. Errors: a linked source with nothing before
/// it, standard input twice.
[[nodiscard]] Result<CommandLine> read_command_line(std::span<const std::string> words,
                                                    std::span<const std::string> files);

enum class ItemFormat : std::uint8_t { plain, columns, csv };

/// Everything that decides which jobs there are.
struct InputSpec {
  CommandLine line{};
  std::string separator = "\n";  ///< Between items; between records with --pipe.
  ItemFormat format = ItemFormat::plain;
  std::string column_separator = ",";      ///< One byte with csv.
  std::optional<std::uint64_t> at_most{};  ///< Items in a job; records in a block with --pipe.
  bool fills_up = false;                   ///< As many items in a job as the kernel allows (-X).
  bool is_piped = false;                   ///< Jobs get blocks of standard input (--pipe).
  std::optional<std::size_t> block_bytes{};
  std::optional<std::string> script{};  ///< For a shell; the command's words are its arguments.
  std::string shell = "/bin/sh";
};

/// What makes no sense together, with a hint; and places in a shell's script, whatever they would
/// be, for text pasted into a program is how commands get injected.
[[nodiscard]] Result<> check(const InputSpec& spec);

/// The command as it was asked for, on one line: `./sim --seed {1}`, `--sh 'zcat "$1"'`.
[[nodiscard]] std::string command_text(const InputSpec& spec);

/// A shell's script, put so that a pipeline fails when a part of it does, in shells that can do
/// that.
[[nodiscard]] std::string with_pipefail(std::string_view script);

/// What stands before the arguments of a job: with a script `sh -c SCRIPT sh`, and `sh -c` when the
/// items themselves are commands; nothing for a command of its own.
[[nodiscard]] std::vector<std::string> script_words(const InputSpec& spec);

}  // namespace tend::jobs
