#pragma once
// Which processes a Filter lets pass: as early as possible, since what is not read costs nothing.

#include <tend/inspect/snapshot.hpp>

#include <cstdint>

#include "inspect/process_reader.hpp"

namespace tend::inspect {

class Sieve {
 public:
  Sieve(const Filter& filter, const View& view);

  /// False only if the kernel says, without /proc, that it does not match.
  [[nodiscard]] bool may_pass(std::int32_t pid);

  /// Whether it matches. Reads what the filter needs, of the open process.
  [[nodiscard]] bool passes(ProcessReader& reader, OpenProcess& open) const;

 private:
  Filter filter_;
  bool can_ask_kernel_;  ///< Until it has said that it cannot tell.
};

}  // namespace tend::inspect
