#pragma once
// Pipe: a pipe of one's own, between any two parties: threads, children (Stdio::descriptor(),
// Command::descriptor()), copies of this process. read_write.hpp reads and writes its ends.

#include <tend/error.hpp>
#include <tend/fd.hpp>

#include <cstddef>
#include <optional>

namespace tend {

/// For Pipe::make().
struct PipeOptions {
  /// How many bytes it is to hold before a writer waits; 0: what the kernel gives, mostly 64 KiB.
  std::size_t buffer_bytes = 0;
};

/// Both ends are close-on-exec and blocking. The end of what is read comes when every copy of the
/// write end is closed, also those in children.
struct Pipe {
  Fd read{};
  Fd write{};

  /// How many bytes it holds: at least what was asked for, unless `less_because` says otherwise.
  std::size_t buffer_bytes = 0;

  /// Why it is smaller than asked for: the limits of the kernel, with their numbers. The pipe is
  /// then as big as the kernel allowed (pipe(7), pipe-max-size and pipe-user-pages-soft).
  std::optional<Error> less_because{};

  /// Errors: EMFILE, ENFILE.
  static Result<Pipe> make(PipeOptions options = {});
};

}  // namespace tend
