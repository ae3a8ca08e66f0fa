# Compiler and linker flags as interface targets, so that each target says which of them it takes:
#
#   tend_warnings     every warning of docs/style
#   tend_code         how our own code is compiled: language, include roots, hardening
#   tend_sanitizers   what TEND_SANITIZE asks for; the raw layer and the keeper never take it
#   tend_static_code  the flags of code that needs nothing but libc: no exceptions, no rtti

option(TEND_WERROR "Warnings are errors" OFF)
option(TEND_PCH "Parse common std headers once" OFF)
set(TEND_SANITIZE "" CACHE STRING "Sanitizers of the build: empty, address, thread or fuzzer")

# --- warnings ------------------------------------------------------------------------------------

add_library(tend_warnings INTERFACE)
target_compile_options(tend_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wcast-qual
  -Wnon-virtual-dtor -Woverloaded-virtual -Wformat=2 -Wimplicit-fallthrough
  -Wundef -Wmissing-declarations -Wswitch-enum -Wvla)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(tend_warnings INTERFACE
    -Wlogical-op -Wduplicated-cond -Wduplicated-branches)
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # g++ 12 invents these in the concatenation of strings (gcc.gnu.org/PR105651, PR105329).
    target_compile_options(tend_warnings INTERFACE
      -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
  endif()
else()
  # Not for g++ 12, which finds null pointers in std::istreambuf_iterator and CMSG_FIRSTHDR.
  target_compile_options(tend_warnings INTERFACE -Wnull-dereference)
endif()
if(TEND_WERROR)
  target_compile_options(tend_warnings INTERFACE -Werror)
endif()

# --- code ----------------------------------------------------------------------------------------

# Position independent and hidden, so that libtend.a can be linked into programs and shared
# libraries alike and never shows its symbols to them. Of a libtend.so the linker hides what
# cmake/libtend.map does not name, and it can only do that to what the compiler has left visible.
add_library(tend_code INTERFACE)
target_compile_features(tend_code INTERFACE cxx_std_23)
target_include_directories(tend_code INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)
target_compile_definitions(tend_code INTERFACE _GNU_SOURCE)
set(visibility hidden)
if(BUILD_SHARED_LIBS)
  set(visibility default)
endif()
target_compile_options(tend_code INTERFACE
  -fPIC -fvisibility=${visibility} -fvisibility-inlines-hidden -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(tend_code INTERFACE -fno-semantic-interposition)
elseif(TEND_PCH)
  # ccache can share a precompiled header only when no time is written into it.
  target_compile_options(tend_code INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
endif()

# Hardening costs compile time and blurs sanitizer reports, so only optimised builds take it.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT TEND_SANITIZE)
  target_compile_options(tend_code INTERFACE
    -fstack-protector-strong -fstack-clash-protection -ftrivial-auto-var-init=zero
    -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS)
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    target_compile_options(tend_code INTERFACE -fcf-protection)
  elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
    target_compile_options(tend_code INTERFACE -mbranch-protection=standard)
  endif()
  target_link_options(tend_code INTERFACE -pie -Wl,-z,relro,-z,now)
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_definitions(tend_code INTERFACE _GLIBCXX_ASSERTIONS)
endif()

# --- sanitizers ----------------------------------------------------------------------------------

add_library(tend_sanitizers INTERFACE)
if(TEND_SANITIZE STREQUAL "address")
  # The check of vptrs asks the kernel with a pipe whether memory is there, and calls every object
  # broken when no descriptor is left: some tests take them all.
  set(sanitizer_flags -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all)
elseif(TEND_SANITIZE STREQUAL "thread")
  set(sanitizer_flags -fsanitize=thread)
elseif(TEND_SANITIZE STREQUAL "fuzzer")
  set(sanitizer_flags -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
elseif(TEND_SANITIZE)
  message(FATAL_ERROR "TEND_SANITIZE is '${TEND_SANITIZE}', not address, thread or fuzzer")
endif()
target_compile_options(tend_sanitizers INTERFACE ${sanitizer_flags})
target_link_options(tend_sanitizers INTERFACE ${sanitizer_flags})

# --- code that needs nothing but libc ------------------------------------------------------------

# A stack protector reads thread-local storage and a fortified call may abort through libc: neither
# may happen between clone and exec. The child side shares the parent's memory there.
add_library(tend_static_code INTERFACE)
target_compile_options(tend_static_code INTERFACE
  -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-stack-protector
  -fno-asynchronous-unwind-tables -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=0 -U_GLIBCXX_ASSERTIONS
  -ffunction-sections -fdata-sections)
if(BUILD_SHARED_LIBS)
  # Its calls between clone and exec must not go through the table of a dynamic linker.
  target_compile_options(tend_static_code INTERFACE -fvisibility=hidden)
endif()
