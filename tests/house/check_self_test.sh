#!/bin/sh
# label: ci
# timeout: 300
# Every check of tools/check catches what it is there to catch.
for tool in clang-format-19 clang-tidy-19 clang++-19; do
  command -v "$tool" >/dev/null || exit 77
done
exec "$TEND_SOURCE/tools/check/run.sh" --self-test
