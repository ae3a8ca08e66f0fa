#include <tend/pipe.hpp>

#include <cerrno>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "os/files.hpp"
#include "os/pipe.hpp"

namespace tend {

namespace {

/// A number of /proc/sys/fs as text.
std::string setting(const char* name) {
  const auto text = os::read_file(std::string("/proc/sys/fs/") + name, 64);
  return text ? std::string(text::trimmed(*text)) : "unknown";
}

Error too_small(std::size_t wanted, std::size_t granted, int code) {
  return {.step = "resize",
          .subject = "pipe",
          .code = code,
          .detail = text::format(
              "{} bytes asked for, {} granted: without privilege a pipe holds at most {} bytes "
              "(pipe-max-size), and less while all pipes of this user hold {} pages together "
              "(pipe-user-pages-soft)",
              wanted, granted, setting("pipe-max-size"), setting("pipe-user-pages-soft"))};
}

/// The wanted size, or the biggest half, quarter and so on of it that the kernel grants.
void grow(Pipe& pipe, std::size_t wanted) {
  for (std::size_t bytes = wanted; bytes > pipe.buffer_bytes; bytes /= 2) {
    const auto granted = os::resize_pipe(pipe.write, bytes);
    if (granted) {
      pipe.buffer_bytes = *granted;
      break;
    }
    if (!pipe.less_because) {
      pipe.less_because = granted.error();
    }
  }
  if (pipe.less_because) {
    pipe.less_because = too_small(wanted, pipe.buffer_bytes, pipe.less_because->code);
  }
}

}  // namespace

Result<Pipe> Pipe::make(PipeOptions options) {
  os::Pipe ends = TEND_TRY(os::make_pipe());
  Pipe made{.read = std::move(ends.read), .write = std::move(ends.write)};
  made.buffer_bytes = TEND_TRY(os::pipe_size(made.write));
  grow(made, options.buffer_bytes);
  return made;
}

}  // namespace tend
