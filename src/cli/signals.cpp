// `tend signals`: the table of signals; or what one process does with each of them.

#include <tend/signal_table.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/process/one_process.hpp"
#include "cli/process/process_words.hpp"
#include "cli/table.hpp"
#include "os/standard_streams.hpp"

namespace tend::cli {

namespace {

std::string name_words(const SignalDescription& signal) {
  std::string words = signal.name.empty() ? "(libc's own)" : std::string(signal.name);
  if (!signal.other_names.empty()) {
    words += text::format(" {}", signal.other_names);
  }
  return words;
}

json::Value object_of(const SignalDescription& signal) {
  return json::Value::object(
      {{"number", signal.number},
       {"name", signal.name.empty() ? json::Value() : json::Value(signal_name(signal.number))},
       {"standard", signal.standard},
       {"action", name_of(signal.action)},
       {"can_be_caught", signal.can_be_caught},
       {"meaning", signal.meaning}});
}

void print_table(const Invocation& invocation, Output& out) {
  Table table({{"NUMBER", Align::right}, {"NAME"}, {"STANDARD"}, {"ACTION"}, {"MEANING"}});
  for (const SignalDescription& signal : signal_table()) {
    if (invocation.has("json")) {
      out.line(json::write(object_of(signal)));
      continue;
    }
    table.add({text::format("{}", signal.number),
               Cell(name_words(signal), signal.can_be_caught ? Tone::plain : Tone::red),
               std::string(signal.standard), std::string(name_of(signal.action)),
               std::string(signal.meaning) +
                   (signal.can_be_caught ? "" : "; cannot be caught, blocked or ignored")});
  }
  if (!table.empty()) {
    for (const std::string& line :
         table.lines(out.painter(), os::terminal_columns(os::Stream::out))) {
      out.line(line);
    }
  }
}

/// What happens to the process when the signal comes.
std::string_view disposition_of(const SignalDescription& signal, const inspect::Signals& of) {
  if (of.caught.contains(signal.number)) {
    return "caught";
  }
  return of.ignored.contains(signal.number) ? "ignored" : "default";
}

std::string effect_words(const SignalDescription& signal, const inspect::Signals& of) {
  const std::string_view disposition = disposition_of(signal, of);
  if (disposition == "caught") {
    return "runs a handler of the program";
  }
  if (disposition == "ignored") {
    return "nothing";
  }
  return std::string(name_of(signal.action));
}

void print_dispositions(const Invocation& invocation, Output& out, const inspect::Signals& of) {
  Table table(
      {{"NUMBER", Align::right}, {"NAME"}, {"DISPOSITION"}, {"BLOCKED"}, {"PENDING"}, {"EFFECT"}});
  const SignalSet pending = of.pending | of.pending_for_all;
  for (const SignalDescription& signal : signal_table()) {
    const bool is_blocked = of.blocked.contains(signal.number);
    const bool is_pending = pending.contains(signal.number);
    if (invocation.has("json")) {
      out.line(json::write(json::Value::object({{"number", signal.number},
                                                {"name", signal_name(signal.number)},
                                                {"disposition", disposition_of(signal, of)},
                                                {"blocked", is_blocked},
                                                {"pending", is_pending}})));
      continue;
    }
    // Real-time signals are many and rarely used: those without a story are left out.
    const bool is_told = disposition_of(signal, of) != "default" || is_blocked || is_pending;
    if (signal.number >= realtime_signal_min && !is_told) {
      continue;
    }
    table.add({text::format("{}", signal.number), name_words(signal),
               Cell(std::string(disposition_of(signal, of)), is_told ? Tone::cyan : Tone::plain),
               Cell(is_blocked ? "yes" : "-", is_blocked ? Tone::yellow : Tone::plain),
               Cell(is_pending ? "yes" : "-", is_pending ? Tone::red : Tone::plain),
               effect_words(signal, of)});
  }
  if (table.empty()) {
    return;
  }
  for (const std::string& line :
       table.lines(out.painter(), os::terminal_columns(os::Stream::out))) {
    out.line(line);
  }
}

}  // namespace

Outcome<int> run_signals(const Invocation& invocation) {
  Output out(invocation);
  if (invocation.arguments().empty()) {
    print_table(invocation, out);
    return out.finish(0);
  }
  const inspect::Process process = TEND_TRY(
      read_named_process("signals", invocation.arguments().front(), inspect::Fields::status));
  if (!process.status) {
    return fail(exit_failed, absence_words(process, "signals", process.status.why()));
  }
  print_dispositions(invocation, out, process.status->signals);
  if (process.is_kernel_thread) {
    complain(process_title(process) + " is a thread of the kernel: signals do nothing to it");
  }
  return out.finish(0);
}

}  // namespace tend::cli
