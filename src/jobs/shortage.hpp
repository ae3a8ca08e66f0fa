#pragma once
// Shortages: what the kernel refuses for the moment, and gives when others have ended.

#include <tend/error.hpp>

#include <cerrno>

namespace tend::jobs {

/// Whether processes, descriptors or memory have run out (fork(2), open(2)). A program that cannot
/// be executed is no shortage, whatever the number of the error.
[[nodiscard]] inline bool is_shortage(const Error& error) {
  return error.step != "exec" && (error.code == EAGAIN || error.code == EMFILE ||
                                  error.code == ENFILE || error.code == ENOMEM);
}

}  // namespace tend::jobs
