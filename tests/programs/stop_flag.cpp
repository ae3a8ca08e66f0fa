// Says "ready", then "stopping" at the first signal, and then takes for ever. build: libtend

#include <unistd.h>
#include <tend/stop_flag.hpp>

int main() {
  const auto stop = tend::StopFlag::make();
  if (!stop || ::write(1, "ready\n", 6) != 6 || !stop->wait() || ::write(1, "stopping\n", 9) != 9) {
    return 1;
  }
  for (;;) {
    ::pause();
  }
}
