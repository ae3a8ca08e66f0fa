#pragma once
// The id maps of a user namespace that was made for a child (user_namespaces(7)). Its parent writes
// them: a process inside may only map itself.

#include <tend/error.hpp>

#include <cstdint>

#include "os/spawn_options.hpp"

namespace tend::os {

/// Writes the maps of a child that waits for them. Root maps what it likes; an ordinary user one id
/// of his own each, and where the group map is refused to him otherwise, setgroups(2) is denied in
/// there for good (Linux 3.19). EPERM: not his ids, or more than one.
Result<> write_id_maps(std::int32_t pid, const NamespaceOptions& namespaces);

}  // namespace tend::os
