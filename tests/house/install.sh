#!/bin/sh
# label: ci
# What `cmake --install` leaves is usable, also after it was moved: by find_package, by pkg-config,
# and by the program, which finds its keeper.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake --install "$TEND_BUILD" --prefix "$folder/first" >/dev/null
mv "$folder/first" "$folder/usr"

cat >"$folder/user.cpp" <<'USER'
#include <tend/command.hpp>
#include <cstdio>
int main() {
  const auto output = tend::Command("printf").arg("hello").checked().capture();
  return !output || std::puts(output->out.c_str()) < 0;
}
USER
cat >"$folder/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES CXX)
find_package(tend 0.1 REQUIRED)
add_executable(by_cmake user.cpp)
target_link_libraries(by_cmake PRIVATE tend::tend)
CMAKE
cmake -S "$folder" -B "$folder/build" -DCMAKE_PREFIX_PATH="$folder/usr" >/dev/null
cmake --build "$folder/build" >/dev/null
test "$("$folder/build/by_cmake")" = hello

PKG_CONFIG_PATH=$(dirname "$(find "$folder/usr" -name tend.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046 # the flags are words
g++ -std=c++23 "$folder/user.cpp" $(pkg-config --cflags --libs tend) -o "$folder/by_pkg_config"
# Where a libtend.so was installed, it is not where the loader looks by itself.
libraries=$(pkg-config --variable=libdir tend)
test "$(LD_LIBRARY_PATH="$libraries" "$folder/by_pkg_config")" = hello

if [ -x "$TEND" ]; then
  test -x "$folder/usr/bin/tend"
  test -x "$folder/usr/libexec/tend/tend-keeper"
fi
