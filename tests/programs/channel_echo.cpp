// Sends the first message on the channel at descriptor 7 back, and writes into each descriptor that
// came with it how many there were. build: libtend

#include <tend/channel.hpp>
#include <tend/read_write.hpp>

#include <cstdio>
#include <string>

int main() {
  auto channel = tend::Channel::from_descriptor(7);
  if (!channel) {
    std::fprintf(stderr, "%s\n", channel.error().message().c_str());
    return 2;
  }
  const auto message = channel->receive();
  if (!message || !*message || !channel->send((*message)->bytes)) {
    return 3;
  }
  for (const tend::Fd& fd : (*message)->descriptors) {
    static_cast<void>(
        tend::write_to(fd, std::to_string((*message)->descriptors.size()) + " descriptor"));
  }
  return 0;
}
