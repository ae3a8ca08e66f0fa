#pragma once
// What a recorder that outlived its keeper gives to the `tend up` that takes over: descriptors,
// each with the name that the state file knows it by, over a unix stream socket in the runtime
// folder.
//
//   giver:  Item + descriptor, Item + descriptor, ..., Item of kind `none`; then it waits, silent
//   taker:  says nothing, and keeps the connection open until the new recorder holds all of it
//
// At the end of the connection the giver looks whether there is a new recorder: then it goes, else
// it goes on as if nobody had come. So whoever is killed in between, one of them holds everything.

#include <tend/error.hpp>

#include <cstdint>
#include <span>
#include <vector>

#include "os/clock.hpp"
#include "os/fd.hpp"
#include "service/state_table.hpp"

namespace tend::service {

/// One descriptor by its name in the state file.
struct Bequest {
  StoredKind kind = StoredKind::none;
  std::uint32_t record = no_record;
  std::uint32_t run = 0;
  os::Fd fd{};
};

/// The same, of somebody who keeps it.
struct Offer {
  StoredKind kind = StoredKind::none;
  std::uint32_t record = no_record;
  std::uint32_t run = 0;
  const os::Fd* fd = nullptr;
};

/// Sends all of it, and that this was all. Waits where the connection is full, at most until the
/// deadline (ETIMEDOUT).
[[nodiscard]] Result<> give_all(const os::Fd& connection, std::span<const Offer> offers,
                                os::Instant deadline);

/// Takes all that is given. Errors: ETIMEDOUT; ECONNRESET when the giver ended in the middle.
[[nodiscard]] Result<std::vector<Bequest>> take_all(const os::Fd& connection, os::Instant deadline);

}  // namespace tend::service
