#pragma once
// The recorder: the process that writes what all services print into their log files. Its entry
// point; the loop is recorder_loop.hpp.

namespace tend::service {

/// Runs until the keeper says `finish`, or, when the keeper is gone, until every log pipe has
/// ended. The exit code: 0, or 1 when it could not even begin.
int recorder_main(int state_fd, int socket_fd);

}  // namespace tend::service
