// Adaptor: Asio waits for a child's output and its end, as for everything else. Both are
// descriptors; a Drain decides when enough has come. build: needs asio.hpp or boost/asio.hpp
//
// output:
// out: 20000 bytes, exited with 3

#include <utility>  // Which Boost 1.74 forgets.

#if __has_include(<asio.hpp>)
#include <asio.hpp>
#else
#include <boost/asio.hpp>
namespace asio = boost::asio;
#endif

#include <tend/command.hpp>
#include <tend/drain.hpp>

#include <array>
#include <cstdio>
#include <string>

#include "or_exit.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using Descriptor = asio::posix::stream_descriptor;

/// Gives the child's output and its end to the drain, as they come.
class Collector {
 public:
  Collector(asio::io_context& context, tend::Child& child)
      : out_(context, child.out().release()),
        end_(context, ::dup(child.pidfd().get())),
        timer_(context) {
    read();
    end_.async_wait(Descriptor::wait_read, [this](const auto& /*error*/) {
      drain_.child_ended(Clock::now());
      settle();
    });
  }

  [[nodiscard]] std::string take() { return drain_.take(0); }

 private:
  void read() {
    out_.async_read_some(asio::buffer(bytes_), [this](const auto& error, std::size_t got) {
      if (error) {
        drain_.ended(0);
      } else {
        drain_.received(0, {bytes_.data(), got}, Clock::now());
        read();
      }
      settle();
    });
  }

  /// After each event: the end, or when to look again although nothing happens.
  void settle() {
    if (drain_.is_done(Clock::now())) {
      out_.close();
      timer_.cancel();
    } else if (const auto wake = drain_.wake_at()) {
      timer_.expires_at(*wake);
      timer_.async_wait([this](const auto& error) { error ? void() : settle(); });
    }
  }

  Descriptor out_;
  Descriptor end_;
  asio::steady_timer timer_;
  std::array<char, 4096> bytes_{};
  tend::Drain drain_{{.streams = 1}};
};

}  // namespace

int main() {
  asio::io_context context;
  auto child = or_exit(
      tend::Command::shell("head -c 20000 /dev/zero; exit 3").out(tend::Stdio::pipe()).spawn());
  Collector collector(context, child);
  context.run();
  std::printf("out: %zu bytes, %s\n", collector.take().size(),
              or_exit(child.wait()).description().c_str());
}
