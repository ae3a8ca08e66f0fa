#pragma once
// As much HTTP/1.1 as a probe needs: the text of a GET request, and the status of its answer. Pure.
// Not a client: no body, no header field is looked at, no redirection is followed.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tend::service {

/// An answer whose status has not come within so many bytes is none.
inline constexpr std::size_t http_head_bytes_max = 4096;

/// A GET with `Connection: close`. Bytes that would end the request line or a header field are
/// escaped in the path, and left out of the host.
[[nodiscard]] std::string http_get(std::string_view host, std::string_view path);

struct HttpHead {
  enum class State : std::uint8_t {
    partial,  ///< So far it may become an answer.
    complete,
    malformed,  ///< Not HTTP/1.x, or too long.
  };

  State state = State::partial;
  int status = 0;  ///< complete: 100 to 599; 100, 102 and 103 are passed over (RFC 9110, 15.2).

  bool operator==(const HttpHead&) const = default;
};

/// From all bytes that have come so far.
[[nodiscard]] HttpHead read_http_head(std::string_view bytes) noexcept;

/// 2xx and 3xx: what answers so is ready.
[[nodiscard]] constexpr bool is_http_success(int status) noexcept {
  return status >= 200 && status < 400;
}

}  // namespace tend::service
