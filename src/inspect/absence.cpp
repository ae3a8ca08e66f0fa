#include "inspect/absence.hpp"

#include <cerrno>

namespace tend::inspect {

bool has_ended(const Process& process) {
  return process.state == State::zombie || process.state == State::dead ||
         (process.virtual_bytes == 0 && !process.is_kernel_thread);
}

Absence absence_of(int code, const Process& process) {
  if (has_ended(process) || code == ESRCH) {
    return Absence::gone;
  }
  if (process.is_kernel_thread) {
    return Absence::not_available;
  }
  return code == EACCES || code == EPERM ? Absence::not_permitted : Absence::not_available;
}

Absence absence_of_empty(const Process& process) {
  return process.is_kernel_thread ? Absence::not_available : Absence::gone;
}

}  // namespace tend::inspect
