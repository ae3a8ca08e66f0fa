# Benchmarks: bench/<name>_bench.cpp -> build/<preset>/bench/<name>_bench, by the target tend_bench
# (by default only where a test needs it). bench/support/*.cpp is linked into each;
# bench/<name>_bench.py are scripts that run from the source. bench/programs/*.cpp are static programs
# that benchmarks start; a line `// build: nolibc` leaves out even libc.
#
# bench/contenders/*.cpp are the programs that library_bench compares (bench/support/contender.hpp).
# One that uses another library says which, and is built where that is installed:
#
#   needs: pkg-config libuv                            by its .pc file
#   needs: header boost/process.hpp boost_filesystem   by a header, and the library to link

# tests/house/benchmarks.sh looks whether each still runs.
if(TEND_TESTS AND NOT TEND_SANITIZE)
  add_custom_target(tend_bench ALL)
else()
  add_custom_target(tend_bench)
endif()
if(TARGET tend)
  add_dependencies(tend_bench tend)
endif()
tend_sources(support_sources bench/support)
tend_object_library(tend_bench_support ${support_sources})
set_target_properties(tend_bench_support PROPERTIES EXCLUDE_FROM_ALL ON)
target_include_directories(tend_bench_support PUBLIC ${PROJECT_SOURCE_DIR})

file(GLOB benches CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/*_bench.cpp)
foreach(source IN LISTS benches)
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} EXCLUDE_FROM_ALL ${source})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
  target_compile_definitions(${name} PRIVATE
    TEND_BENCH_PROGRAMS="${PROJECT_BINARY_DIR}/bench-programs"
    TEND_BENCH_CONTENDERS="${PROJECT_BINARY_DIR}/bench-contenders"
    TEND_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    TEND_BINARY_DIR="${PROJECT_BINARY_DIR}")
  target_link_libraries(${name} PRIVATE
    tend_code tend_warnings tend_bench_support tend_service libtend_inside)
  add_dependencies(tend_bench ${name})
endforeach()

file(GLOB programs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/programs/*.cpp)
foreach(source IN LISTS programs)
  get_filename_component(name ${source} NAME_WE)
  add_executable(bench_program_${name} EXCLUDE_FROM_ALL ${source})
  set_target_properties(bench_program_${name} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench-programs)
  target_compile_features(bench_program_${name} PRIVATE cxx_std_23)
  target_include_directories(bench_program_${name} PRIVATE
    ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(bench_program_${name} PRIVATE tend_warnings)
  target_link_options(bench_program_${name} PRIVATE
    -static $<$<CXX_COMPILER_ID:GNU>:-no-pie>)
  file(STRINGS ${source} wish REGEX "^// build: nolibc")
  if(wish)
    target_compile_options(bench_program_${name} PRIVATE -O2 -fno-stack-protector)
    target_link_options(bench_program_${name} PRIVATE -nostdlib)
  endif()
  add_dependencies(tend_bench bench_program_${name})
endforeach()

# --- contenders ----------------------------------------------------------------------------------

# tend_find_needed(<target> <words of the line>): links what is needed, or sets <target>_MISSING.
function(tend_find_needed target)
  set(words ${ARGN})
  list(POP_FRONT words kind)
  if(kind STREQUAL "pkg-config")
    find_package(PkgConfig QUIET)
    if(PKG_CONFIG_FOUND)
      pkg_check_modules(${target} QUIET IMPORTED_TARGET ${words})
    endif()
    if(${target}_FOUND)
      target_link_libraries(${target} PRIVATE PkgConfig::${target})
      return()
    endif()
  else()
    list(POP_FRONT words header library)
    find_path(${target}_HEADER ${header})
    find_library(${target}_LIBRARY ${library})
    if(${target}_HEADER AND ${target}_LIBRARY)
      target_include_directories(${target} SYSTEM PRIVATE ${${target}_HEADER})
      target_link_libraries(${target} PRIVATE ${${target}_LIBRARY})
      return()
    endif()
  endif()
  set(${target}_MISSING TRUE PARENT_SCOPE)
endfunction()

set(TEND_BENCH_CONTENDERS ${PROJECT_BINARY_DIR}/bench-contenders)
file(GLOB contenders CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/contenders/*.cpp)
foreach(source IN LISTS contenders)
  get_filename_component(name ${source} NAME_WE)
  set(target bench_contender_${name})
  add_executable(${target} EXCLUDE_FROM_ALL ${source})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name}
    POSITION_INDEPENDENT_CODE ON RUNTIME_OUTPUT_DIRECTORY ${TEND_BENCH_CONTENDERS})
  target_link_libraries(${target} PRIVATE tend_code tend_bench_support Threads::Threads)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  file(STRINGS ${source} wish REGEX "needs: ")
  file(STRINGS ${source} is_ours REGEX "build: libtend")
  if(is_ours)
    target_link_libraries(${target} PRIVATE libtend_inside)
  endif()
  if(wish)
    string(REGEX REPLACE ".*needs: " "" wish "${wish}")
    separate_arguments(words UNIX_COMMAND "${wish}")
    tend_find_needed(${target} ${words})
  else()
    target_link_libraries(${target} PRIVATE tend_warnings)
  endif()
  if(NOT ${target}_MISSING)
    add_dependencies(tend_bench ${target})
  endif()
endforeach()

find_program(RUSTC_PROGRAM rustc)
if(RUSTC_PROGRAM)
  set(source ${PROJECT_SOURCE_DIR}/bench/contenders/rust.rs)
  add_custom_command(OUTPUT ${TEND_BENCH_CONTENDERS}/rust DEPENDS ${source}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${TEND_BENCH_CONTENDERS}
    COMMAND ${RUSTC_PROGRAM} -O -o ${TEND_BENCH_CONTENDERS}/rust ${source} VERBATIM)
  add_custom_target(bench_contender_rust DEPENDS ${TEND_BENCH_CONTENDERS}/rust)
  add_dependencies(tend_bench bench_contender_rust)
endif()
