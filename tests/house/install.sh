#!/bin/sh
# label: ci
# What `cmake --install` leaves is usable: by find_package, by pkg-config, and by the program, which
# finds its keeper.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake --install "$TEND_BUILD" --prefix "$folder/usr" >/dev/null

cat >"$folder/user.cpp" <<'USER'
#include <tend/error.hpp>
#include <cstdio>
int main() { return std::puts(tend::Error{.step = "hello"}.message().c_str()) < 0; }
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
test "$("$folder/by_pkg_config")" = hello

if [ -x "$TEND" ]; then
  test -x "$folder/usr/bin/tend"
  test -x "$folder/usr/libexec/tend/tend-keeper"
fi
