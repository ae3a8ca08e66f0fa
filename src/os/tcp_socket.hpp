#pragma once
// TCP connections to IP addresses (tcp(7)), made without waiting. No names are resolved here: that
// would wait.

#include <tend/error.hpp>

#include <cstdint>
#include <string>

#include "os/fd.hpp"

namespace tend::os {

/// `127.0.0.1:80`, `[::1]:80`.
[[nodiscard]] std::string endpoint_text(const std::string& ip, std::uint16_t port);

/// Begins to connect to an IPv4 or IPv6 address; a non-blocking socket, that becomes writable when
/// the outcome is there: see finish_connecting(). ECONNREFUSED may be told here already.
Result<Fd> start_connecting(const std::string& ip, std::uint16_t port);

/// The outcome, once the socket is writable. Errors name the same step and endpoint as those of
/// start_connecting().
Result<> finish_connecting(const Fd& socket, const std::string& ip, std::uint16_t port);

}  // namespace tend::os
