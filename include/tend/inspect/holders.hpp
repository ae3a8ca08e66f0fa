#pragma once
// Who holds what: all processes that have a pipe, fifo or socket open, and so who is at the other
// end of a pipe or of a unix socket.

#include <tend/error.hpp>
#include <tend/inspect/descriptor.hpp>
#include <tend/inspect/process.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tend::inspect {

/// One descriptor of one process.
struct Holder {
  Identity process{};
  std::string name{};  ///< Of the process.
  std::int32_t descriptor = -1;
  bool can_read = false;
  bool can_write = false;

  bool operator==(const Holder&) const = default;
};

/// Who holds what, at one time.
class Holders {
 public:
  /// Looks through the descriptors of all processes for those that lead to the same pipes, fifos
  /// and sockets as these, or to the peers of these. Errors: as Snapshot::take().
  [[nodiscard]] static Result<Holders> find(std::span<const Descriptor> wanted);

  /// Everyone who has it open, by pid and number; empty for what was not asked for.
  [[nodiscard]] std::vector<Holder> of(const Descriptor& wanted) const;

  /// Who has the other end of a pipe or fifo: its writers, if the wanted descriptor reads, and the
  /// other way round. A descriptor for both directions has everybody at its other end. Without
  /// the wanted descriptor itself, which is one of `self`. Of a unix socket: who has the peer open
  /// (Socket::peer_inode); of other sockets nobody.
  [[nodiscard]] std::vector<Holder> other_end(const Descriptor& wanted, const Identity& self) const;

  /// How many processes may hold them too, but may not be looked into.
  [[nodiscard]] std::size_t not_permitted() const { return not_permitted_; }

 private:
  struct Entry {
    DescriptorKind kind = DescriptorKind::unknown;
    std::uint64_t device = 0;  ///< Of a fifo: pipes and sockets lie in no file system.
    std::uint64_t inode = 0;
    Holder holder{};
  };

  std::vector<Entry> entries_{};
  std::size_t not_permitted_ = 0;
};

}  // namespace tend::inspect
