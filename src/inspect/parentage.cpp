#include "inspect/parentage.hpp"

namespace tend::inspect {

Parentage parentage_of(const Process& child, const Process& parent, std::uint64_t began_ticks) {
  const std::uint64_t born = child.identity.start_ticks;
  const std::uint64_t parent_born = parent.identity.start_ticks;
  if (parent_born > born) {
    return Parentage::impossible;
  }
  if (born < began_ticks) {
    return Parentage::certain;
  }
  // Both of one tick: which of them came first is not known.
  return parent_born < born ? Parentage::if_still_there : Parentage::if_repeated;
}

}  // namespace tend::inspect
