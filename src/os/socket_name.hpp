#pragma once
// The name that a unix socket is bound to, asked from the kernel.

#include <tend/error.hpp>

#include <string>

#include "os/fd.hpp"

namespace tend::os {

/// A path, or an abstract name after `@`, as unix_socket.hpp takes it; empty when the socket is not
/// bound (getsockname(2)).
Result<std::string> name_of(const Fd& unix_socket);

}  // namespace tend::os
