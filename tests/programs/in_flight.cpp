// Sends descriptors over a channel that nobody reads until that is refused, and says why; then
// reads them all, and sends again. build: libtend

#include <tend/channel.hpp>
#include <tend/pipe.hpp>

#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

namespace {

constexpr int messages_max = 1000;

int fail(const tend::Error& error) {
  std::fprintf(stderr, "%s\n", error.message().c_str());
  return 1;
}

}  // namespace

int main() {
  auto ends = tend::Channel::make_pair();
  if (!ends) {
    return fail(ends.error());
  }
  const auto pipe = tend::Pipe::make();
  if (!pipe) {
    return fail(pipe.error());
  }
  auto& [ours, theirs] = *ends;
  const std::vector<std::reference_wrapper<const tend::Fd>> ten(10, pipe->read);
  int sent = 0;
  for (; sent < messages_max; ++sent) {
    if (const auto done = ours.send("ten", ten, std::chrono::seconds(0)); !done) {
      std::printf("%s\n", done.error().message().c_str());
      break;
    }
  }
  for (; sent > 0; --sent) {
    if (const auto message = theirs.receive(); !message) {
      return fail(message.error());
    }
  }
  const auto again = ours.send("ten", ten);
  std::puts(again ? "sent again" : again.error().message().c_str());
}
