#pragma once
// ByteStream: a file, pipe or terminal read in pieces, without ever waiting for it. The flags of
// the descriptor stay as they are: others may share standard input.

#include <tend/error.hpp>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "jobs/input/job_source.hpp"
#include "os/fd.hpp"

namespace tend::jobs {

struct EndOfStream {};

/// A piece is valid until the next one is read, and not empty.
using NextPiece = std::variant<std::string_view, WaitForInput, EndOfStream>;

class ByteStream {
 public:
  /// `-` is standard input. Errors: as open(2).
  static Result<ByteStream> open(const std::string& path);

  /// What there is now, up to 64 KiB.
  [[nodiscard]] Result<NextPiece> read();

  /// For messages: the path, or `standard input`.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  ByteStream(os::Fd fd, std::string name);

  os::Fd fd_;
  std::string name_;
  std::vector<char> buffer_;
};

}  // namespace tend::jobs
