# The examples, found by their names:
#
#   examples/programs/<name>.cpp   -> build/<preset>/examples/<name>: something to run under tend
#   examples/library/<name>.cpp    -> build/<preset>/examples/library/<name>, and the test
#                                     example.library.<name>
#   examples/cli/<name>.sh         the test example.cli.<name>
#
# A test runs the example and compares what it prints with its first comment: see
# tools/examples/run_example.py. All see what a user of the library sees: the public headers and
# libtend. Words in the first comment change that:
#
#   build: without libc       a static program of its own, which sees src/ for the raw system calls
#   build: needs A or B       left out where neither of these headers is installed
#   test: plain builds only   not run under sanitizers, which change what it shows

set(TEND_EXAMPLES_DIR ${PROJECT_BINARY_DIR}/examples)

# tend_example(<name> <source> <folder>)
function(tend_example name source folder)
  add_executable(example_${name} ${source})
  set_target_properties(example_${name} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${folder})
  target_link_libraries(example_${name} PRIVATE tend_warnings)
endfunction()

# tend_example_without_libc(<name>)
function(tend_example_without_libc name)
  target_link_libraries(example_${name} PRIVATE tend_code tend_static_code)
  target_compile_options(example_${name} PRIVATE -ffreestanding -fno-pie)
  target_link_options(example_${name} PRIVATE
    -nostdlib -static $<$<CXX_COMPILER_ID:GNU>:-no-pie>)
endfunction()

# tend_example_test(<name> <source> <command>...)
function(tend_example_test name source)
  if(NOT TEND_TESTS)
    return()
  endif()
  math(EXPR limit "120 * ${TEND_TEST_PATIENCE}")
  add_test(NAME example.${name}
    COMMAND python3 ${PROJECT_SOURCE_DIR}/tools/examples/run_example.py ${source} ${ARGN}
    WORKING_DIRECTORY ${PROJECT_BINARY_DIR})
  set_tests_properties(example.${name} PROPERTIES LABELS ci TIMEOUT ${limit} SKIP_RETURN_CODE 77
    ENVIRONMENT "TEND=${PROJECT_BINARY_DIR}/tend;TEND_KEEPER=${PROJECT_BINARY_DIR}/tend-keeper;TEND_BUILD=${PROJECT_BINARY_DIR};TEND_TEST_PATIENCE=${TEND_TEST_PATIENCE}")
endfunction()

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/programs/*.cpp)
foreach(source IN LISTS sources)
  get_filename_component(name ${source} NAME_WE)
  tend_example(${name} ${source} ${TEND_EXAMPLES_DIR})
  target_link_libraries(example_${name} PRIVATE libtend)
endforeach()

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/library/*.cpp)
foreach(source IN LISTS sources)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  get_filename_component(name ${source} NAME_WE)
  file(STRINGS ${source} words REGEX "^//.*(build|test): ")
  if(words MATCHES "build: needs ([a-z/. ]+)")
    string(REPLACE " or " ";" headers ${CMAKE_MATCH_1})
    find_path(TEND_HEADERS_OF_${name} NAMES ${headers})
    mark_as_advanced(TEND_HEADERS_OF_${name})
    if(NOT TEND_HEADERS_OF_${name})
      message(STATUS "example ${name} is left out: it needs ${CMAKE_MATCH_1}")
      continue()
    endif()
  endif()
  tend_example(${name} ${source} ${TEND_EXAMPLES_DIR}/library)
  if(words MATCHES "build: without libc")
    tend_example_without_libc(${name})
  else()
    target_link_libraries(example_${name} PRIVATE libtend)
  endif()
  if(NOT (TEND_SANITIZE AND words MATCHES "test: plain builds only"))
    tend_example_test(library.${name} ${source} $<TARGET_FILE:example_${name}>)
  endif()
endforeach()

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/cli/*.sh)
foreach(source IN LISTS sources)
  get_filename_component(name ${source} NAME_WE)
  tend_example_test(cli.${name} ${source} ${source})
endforeach()
