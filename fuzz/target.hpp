#pragma once
// What a fuzz target consists of: a function that is given whatever bytes there may be, and what it
// requires of the code that it gives them to. fuzz/x_fuzz.cpp defines that function for x.

#include <cstdlib>
#include <string_view>

namespace tend::fuzz {

/// One look at the code under test. Returns for every input, or a fault has been found.
void try_input(std::string_view input);

/// What must hold whatever the input is; libFuzzer reports and keeps an input for which it does
/// not.
inline void require(bool claim) {
  if (!claim) {
    std::abort();
  }
}

}  // namespace tend::fuzz
