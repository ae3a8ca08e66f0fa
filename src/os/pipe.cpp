#include "os/pipe.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <string>

#include "base/try.hpp"
#include "os/files.hpp"
#include "os/signals.hpp"

namespace tend::os {

namespace {

Result<> give_to(const Fd& pipe, std::uint32_t owner_uid) {
  if (::fchmod(pipe.get(), 0600) < 0) {
    return failed("chmod", "pipe", errno);
  }
  if (owner_uid != ::geteuid() && ::fchown(pipe.get(), owner_uid, static_cast<gid_t>(-1)) < 0) {
    return failed("chown", "pipe", errno);
  }
  return {};
}

std::optional<DurablePipe> through_proc(Pipe& plain) {
  const std::string path = "/proc/self/fd/" + std::to_string(plain.write.get());
  auto both = open_file(path, O_RDWR);
  if (!both) {
    return std::nullopt;
  }
  return DurablePipe{
      .read = std::move(plain.read), .write = *std::move(both), .means = DurableMeans::proc};
}

std::optional<DurablePipe> through_fifo(const Fd& directory) {
  // The name lives for an instant and is never opened by anyone else: 0600, and made anew.
  const std::string name = ".pipe." + std::to_string(::getpid());
  ::unlinkat(directory.get(), name.c_str(), 0);
  if (::mkfifoat(directory.get(), name.c_str(), 0600) < 0) {
    return std::nullopt;
  }
  // O_RDWR does not wait for the other end (fifo(7)); then the read end finds a writer.
  auto both = open_at(directory, name, O_RDWR);
  auto read = open_at(directory, name, O_RDONLY);
  ::unlinkat(directory.get(), name.c_str(), 0);
  if (!both || !read) {
    return std::nullopt;
  }
  return DurablePipe{
      .read = *std::move(read), .write = *std::move(both), .means = DurableMeans::fifo};
}

}  // namespace

Result<Pipe> make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) < 0) {
    return failed("pipe", "", errno);
  }
  return Pipe{.read = Fd(ends[0]), .write = Fd(ends[1])};
}

Result<DurablePipe> make_durable_pipe(std::uint32_t owner_uid, const Fd& fifo_directory) {
  Pipe plain = TEND_TRY(make_pipe());
  auto made = through_proc(plain);
  if (!made && fifo_directory) {
    made = through_fifo(fifo_directory);
  }
  if (!made) {
    made = DurablePipe{.read = std::move(plain.read), .write = std::move(plain.write)};
  }
  TEND_TRY(give_to(made->write, owner_uid));
  return std::move(*made);
}

Result<std::size_t> write_without_signal(const Fd& pipe, std::string_view bytes) {
  // SIGPIPE goes to the writing thread: blocked there it becomes pending, and is taken back unless
  // one was pending before.
  const SignalSet before = signal_mask();
  const bool was_pending = pending_signals().contains(SIGPIPE);
  set_signal_mask(SignalSet(before).add(SIGPIPE));
  auto written = write_some(pipe, bytes);
  if (!written && written.error().code == EPIPE && !was_pending) {
    take_pending_signal(SIGPIPE);
  }
  set_signal_mask(before);
  return written;
}

Result<Fd> open_pipe_again(const Fd& end) {
  return open_file("/proc/self/fd/" + std::to_string(end.get()), O_RDWR | O_NONBLOCK);
}

Result<> make_fifo(const std::string& path) {
  constexpr mode_t own = 0600;
  return ::mkfifo(path.c_str(), own) < 0 ? failed("mkfifo", path, errno) : Result<>();
}

Result<std::size_t> unread_bytes(const Fd& pipe) {
  int count = 0;
  if (::ioctl(pipe.get(), FIONREAD, &count) < 0) {
    return failed("count bytes in", "pipe", errno);
  }
  return static_cast<std::size_t>(count);
}

Result<std::size_t> pipe_size(const Fd& pipe) {
  const int size = ::fcntl(pipe.get(), F_GETPIPE_SZ);
  if (size < 0) {
    return failed("size", "pipe", errno);
  }
  return static_cast<std::size_t>(size);
}

Result<std::size_t> resize_pipe(const Fd& pipe, std::size_t bytes) {
  const int size = ::fcntl(pipe.get(), F_SETPIPE_SZ, bytes);
  if (size < 0) {
    return failed("resize", "pipe", errno);
  }
  return static_cast<std::size_t>(size);
}

}  // namespace tend::os
