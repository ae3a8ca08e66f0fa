#pragma once
// Stdio: where a stream of a child comes from or goes to.

#include <cstdint>
#include <string>
#include <utility>

namespace tend {

/// One stream. Files are opened when the child is started, by us: an error has the step "open" and
/// the path.
struct Stdio {
  enum class Kind : std::uint8_t {
    standard,     ///< What the verb does by itself: see Command.
    inherit,      ///< The same as ours; /dev/null if ours is closed.
    null,         ///< /dev/null.
    pipe,         ///< A new pipe; our end is in the Child.
    read,         ///< A file, from its beginning.
    truncate,     ///< A file, emptied first, made if missing (0666 less umask).
    append,       ///< A file, at its end, made if missing.
    descriptor,   ///< An open descriptor of ours, which stays ours and open.
    same_as_out,  ///< stderr only: wherever stdout goes.
  };

  Kind kind = Kind::standard;
  std::string path{};  ///< For read, truncate and append; relative to our working directory.
  int number = -1;     ///< For descriptor.

  [[nodiscard]] static Stdio inherit() { return {.kind = Kind::inherit}; }
  [[nodiscard]] static Stdio null() { return {.kind = Kind::null}; }
  [[nodiscard]] static Stdio pipe() { return {.kind = Kind::pipe}; }
  [[nodiscard]] static Stdio read(std::string path) {
    return {.kind = Kind::read, .path = std::move(path)};
  }
  [[nodiscard]] static Stdio truncate(std::string path) {
    return {.kind = Kind::truncate, .path = std::move(path)};
  }
  [[nodiscard]] static Stdio append(std::string path) {
    return {.kind = Kind::append, .path = std::move(path)};
  }
  [[nodiscard]] static Stdio descriptor(int number) {
    return {.kind = Kind::descriptor, .number = number};
  }
  [[nodiscard]] static Stdio same_as_out() { return {.kind = Kind::same_as_out}; }

  bool operator==(const Stdio&) const = default;
};

}  // namespace tend
