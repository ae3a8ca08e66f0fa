// `tend fds`: what a process has open, and who is at the other end of its pipes and unix
// sockets.

#include <algorithm>
#include <variant>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/process/descriptor_words.hpp"
#include "cli/process/one_process.hpp"
#include "cli/process/process_json.hpp"
#include "cli/process/process_words.hpp"
#include "cli/table.hpp"
#include "os/standard_streams.hpp"

namespace tend::cli {

namespace {

using inspect::Descriptor;
using inspect::DescriptorKind;
using inspect::Fields;
using inspect::Holder;
using inspect::Holders;
using inspect::Process;

bool has_other_end(const Descriptor& descriptor) {
  const auto* socket = std::get_if<inspect::Socket>(&descriptor.detail);
  return descriptor.kind == DescriptorKind::pipe || descriptor.kind == DescriptorKind::fifo ||
         (socket != nullptr && socket->peer_inode != 0);
}

/// What the other ends of pipes and unix sockets are, or why that is not asked.
Holders find_holders(const inspect::Descriptors& descriptors) {
  std::vector<Descriptor> wanted;
  std::ranges::copy_if(descriptors.open, std::back_inserter(wanted), has_other_end);
  if (wanted.empty()) {
    return {};
  }
  return Holders::find(wanted).value_or(Holders{});
}

json::Value object_of(const Descriptor& descriptor, std::span<const Holder> others) {
  json::Value object = json_of(descriptor);
  json::Value ends = json::Value::array();
  for (const Holder& holder : others) {
    ends.push(json::Value::object(
        {{"pid", holder.process.pid}, {"name", holder.name}, {"fd", holder.descriptor}}));
  }
  object.set("other_end", has_other_end(descriptor) ? std::move(ends) : json::Value());
  return object;
}

std::string other_end_words(const Descriptor& descriptor, std::span<const Holder> others) {
  if (!has_other_end(descriptor)) {
    return {};
  }
  return others.empty() ? "nobody that we can see" : holder_words(others);
}

void print(const Invocation& invocation, Output& out, const Process& process) {
  const Holders holders = find_holders(*process.descriptors);
  Table table({{"FD", Align::right}, {"KIND"}, {"RIGHTS"}, {"TARGET"}, {"OTHER END"}});
  for (const Descriptor& descriptor : process.descriptors->open) {
    const std::vector<Holder> others = holders.other_end(descriptor, process.identity);
    if (invocation.has("json")) {
      out.line(json::write(object_of(descriptor, others)));
      continue;
    }
    table.add({text::format("{}", descriptor.number), std::string(name_of(descriptor.kind)),
               rights_words(descriptor), target_words(descriptor),
               other_end_words(descriptor, others)});
  }
  if (!table.empty()) {
    for (const std::string& line :
         table.lines(out.painter(), os::terminal_columns(os::Stream::out))) {
      out.line(line);
    }
  }
  if (holders.not_permitted() > 0) {
    out.flush();
    complain(count_words(holders.not_permitted(), "process of somebody else was",
                         "processes of others were") +
             " not looked into for other ends");
  }
}

}  // namespace

Outcome<int> run_fds(const Invocation& invocation) {
  const Process process = TEND_TRY(read_named_process("fds", invocation.arguments().front(),
                                                      Fields::descriptors | Fields::sockets));
  if (!process.descriptors) {
    return fail(exit_failed, absence_words(process, "descriptors", process.descriptors.why()));
  }
  Output out(invocation);
  print(invocation, out, process);
  if (process.descriptors->open.empty() && !invocation.has("json")) {
    complain(process_title(process) + " has nothing open");
  }
  if (process.descriptors->is_cut) {
    complain(text::format("only the first {} are shown", process.descriptors->open.size()));
  }
  return out.finish(0);
}

}  // namespace tend::cli
