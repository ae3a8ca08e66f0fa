#include <tend/exit_status.hpp>
#include <tend/signal.hpp>

namespace tend {

namespace {

// The values of CLD_* (waitid(2)); this layer knows no kernel headers.
constexpr int child_exited = 1;
constexpr int child_dumped = 3;

}  // namespace

ExitStatus ExitStatus::from_wait_status(int status) {
  // wait(2): the low 7 bits are the signal, 0x80 the core flag, the next byte the exit code.
  const int signal = status & 0x7f;
  if (signal == 0) {
    return exited((status >> 8) & 0xff);
  }
  return killed(signal, (status & 0x80) != 0);
}

ExitStatus ExitStatus::from_waitid(int code, int status) {
  if (code == child_exited) {
    return exited(status);
  }
  return killed(status, code == child_dumped);
}

std::string ExitStatus::description() const {
  if (means_ == Means::exit) {
    return "exited with " + std::to_string(number_);
  }
  std::string text = "killed by " + signal_name(number_);
  if (core_dumped()) {
    text += " (core dumped)";
  }
  return text;
}

}  // namespace tend
