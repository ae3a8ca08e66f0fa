#pragma once
// The standard streams of a child, opened in this process: what each verb gives when nothing was
// said, files, pipes and terminals.

#include <tend/command.hpp>
#include <tend/error.hpp>
#include <tend/fd.hpp>

#include "os/terminal.hpp"

namespace tend::process {

/// The verbs differ in what the three standard streams are when nothing was said.
enum class Verb { spawn, status, capture, exec, detach };

/// A stream of the child: its descriptor in this process, which we own or only use, and our end of
/// a pipe.
struct OpenStream {
  int number = -1;
  bool is_inheritable = false;  ///< See os::DescriptorWish.
  Fd owned{};
  Fd ours{};
};

struct Streams {
  OpenStream in{};
  OpenStream out{};
  OpenStream err{};
  os::Terminal terminal{};
};

/// What cannot be opened is the error, named.
Result<Streams> open_streams(const Command::Wishes& wishes, Verb verb);

}  // namespace tend::process
