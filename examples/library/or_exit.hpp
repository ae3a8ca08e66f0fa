#pragma once
// What the examples do with an error: they say it and end. A real program decides for each.

#include <tend/error.hpp>

#include <cstdio>
#include <cstdlib>
#include <type_traits>
#include <utility>

/// The value of a result; without one, the error goes to stderr and the program ends with 1.
template <typename T>
T or_exit(tend::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) {
    return *std::move(result);
  }
}
