#!/bin/sh
# label: soak
# timeout: 1800
# Built with BUILD_SHARED_LIBS, the library shows what it should, programs of others find it, and the
# guide's snippets run with it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake -S "$TEND_SOURCE" -B "$folder/build" -G Ninja -DBUILD_SHARED_LIBS=ON \
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 >"$folder/log"
if ! ninja -C "$folder/build" libtend library_guide tend tend-keeper >"$folder/log"; then
  tail -n 50 "$folder/log"
  exit 1
fi
export TEND_BUILD="$folder/build" TEND="$folder/build/tend"
cd "$TEND_SOURCE/tests/house"
./exported_symbols.py
./install.sh
./library_guide.py
