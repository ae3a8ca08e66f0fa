# The tests, found by their names:
#
#   tests/<layer>/**/*_test.cpp       -> test_<layer>        label fast
#   tests/<layer>/**/*_ci_test.cpp    -> test_<layer>_ci     label ci
#   tests/<layer>/**/*_soak_test.cpp  -> test_<layer>_soak   label soak
#   tests/<layer>/**/*.cpp (others)   helpers, linked into all three
#   tests/support/*.cpp               main(), watchdog, leak check: linked into every test binary
#   tests/programs/*.cpp              programs that tests start: build/<preset>/tests-programs/<name>
#   tests/<layer>/*.sh, *.py          executable ones are black-box tests of their own

include(GoogleTest)
find_package(GTest REQUIRED)
find_package(rapidcheck REQUIRED)

set(TEND_TEST_PROGRAMS ${PROJECT_BINARY_DIR}/tests-programs)

# --- programs that tests start -------------------------------------------------------------------

# Programs are built plain. The words `build: static` in a comment ask for a static program without start-up
# cost, `build: libtend` for one that links the library (and takes the sanitizers with it).
add_custom_target(tend_test_programs)
file(GLOB programs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/programs/*.cpp)
foreach(source IN LISTS programs)
  get_filename_component(name ${source} NAME_WE)
  file(STRINGS ${source} wish REGEX "^//.* build: (static|libtend)")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  add_executable(program_${name} ${source})
  set_target_properties(program_${name} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${TEND_TEST_PROGRAMS})
  target_link_libraries(program_${name} PRIVATE tend_code tend_warnings)
  if(wish MATCHES "static")
    target_link_options(program_${name} PRIVATE -static $<$<CXX_COMPILER_ID:GNU>:-no-pie>)
  elseif(wish MATCHES "libtend")
    target_link_libraries(program_${name} PRIVATE libtend_inside)
  endif()
  add_dependencies(tend_test_programs program_${name})
endforeach()

# What the tests with label fast need, for builds that run nothing else.
add_custom_target(tend_fast_tests DEPENDS tend_test_programs)
foreach(program tend tend-keeper)
  if(TARGET ${program})
    add_dependencies(tend_fast_tests ${program})
  endif()
endforeach()

# --- gtest binaries ------------------------------------------------------------------------------

tend_sources(support_sources tests/support)
tend_object_library(tend_test_support ${support_sources})
target_include_directories(tend_test_support PUBLIC ${PROJECT_SOURCE_DIR}/tests)
target_compile_definitions(tend_test_support PUBLIC
  TEND_TEST_PROGRAMS="${TEND_TEST_PROGRAMS}" TEND_BINARY_DIR="${PROJECT_BINARY_DIR}"
  TEND_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
target_link_libraries(tend_test_support PUBLIC
  tend_sanitizers GTest::gmock GTest::gtest rapidcheck rapidcheck_gtest)

# The watchdog of tests/support ends a test that hangs, and says where; ctest's own limit comes later.
# Sanitizers make everything slower.
set(TEND_TEST_PATIENCE 1)
if(TEND_SANITIZE)
  set(TEND_TEST_PATIENCE 4)
endif()

if(TEND_PCH)
  target_precompile_headers(tend_test_support PRIVATE
    <gmock/gmock.h> <gtest/gtest.h> <algorithm> <chrono> <cstdint> <expected> <filesystem> <fstream>
    <functional> <map> <memory> <optional> <span> <string> <string_view> <vector>)
endif()

function(tend_precompile_test target)
  if(TEND_PCH)
    target_precompile_headers(${target} REUSE_FROM tend_test_support)
  endif()
endfunction()

# tend_test_binary(<name> <layer> <label> <timeout s> <helper objects> <sources>...)
function(tend_test_binary name layer label timeout helpers)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE
    tend_code tend_warnings tend_test_support ${TEND_LAYERS_${layer}} Threads::Threads)
  if(helpers)
    target_link_libraries(${name} PRIVATE ${helpers})
  endif()
  tend_precompile_test(${name})
  add_dependencies(${name} tend_test_programs)
  foreach(program tend tend-keeper)
    if(TARGET ${program})
      add_dependencies(${name} ${program})
    endif()
  endforeach()
  math(EXPR watchdog "${timeout} * ${TEND_TEST_PATIENCE}")
  math(EXPR limit "${watchdog} + 20")
  gtest_discover_tests(${name} TEST_PREFIX ${layer}. DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60 WORKING_DIRECTORY ${PROJECT_BINARY_DIR}
    PROPERTIES LABELS ${label} TIMEOUT ${limit} ENVIRONMENT TEND_TEST_WATCHDOG_S=${watchdog})
endfunction()

# What the tests of a layer link: the layer and everything below it.
set(TEND_LAYERS_base tend_base)
set(TEND_LAYERS_os ${TEND_LAYERS_base} tend_os tend_os_raw)
set(TEND_LAYERS_process ${TEND_LAYERS_os} tend_process)
set(TEND_LAYERS_inspect ${TEND_LAYERS_process} tend_inspect)
set(TEND_LAYERS_jobs ${TEND_LAYERS_process} tend_jobs)
set(TEND_LAYERS_service ${TEND_LAYERS_process} tend_service tend_keeper_parts)
set(TEND_LAYERS_cli ${TEND_LAYERS_service} tend_inspect tend_jobs tend_cli)

foreach(layer base os process inspect jobs service cli)
  file(GLOB_RECURSE all CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${layer}/*.cpp)
  set(helper_sources ${all})
  list(FILTER helper_sources EXCLUDE REGEX "_test\\.cpp$")
  set(helpers "")
  if(helper_sources)
    set(helpers test_${layer}_helpers)
    tend_object_library(${helpers} ${helper_sources})
    target_link_libraries(${helpers} PUBLIC tend_test_support tend_sanitizers)
    tend_precompile_test(${helpers})
  endif()

  set(soak ${all})
  list(FILTER soak INCLUDE REGEX "_soak_test\\.cpp$")
  set(ci ${all})
  list(FILTER ci INCLUDE REGEX "_ci_test\\.cpp$")
  set(fast ${all})
  list(FILTER fast INCLUDE REGEX "_test\\.cpp$")
  list(FILTER fast EXCLUDE REGEX "_(ci|soak)_test\\.cpp$")
  if(fast)
    tend_test_binary(test_${layer} ${layer} fast 60 "${helpers}" ${fast})
    add_dependencies(tend_fast_tests test_${layer})
  endif()
  if(ci)
    tend_test_binary(test_${layer}_ci ${layer} ci 300 "${helpers}" ${ci})
  endif()
  if(soak)
    tend_test_binary(test_${layer}_soak ${layer} soak 3600 "${helpers}" ${soak})
  endif()
endforeach()

# The tests of the library once more at each level of spawning but the best. Those that choose a level
# themselves need no second run.
if(TARGET test_process)
  foreach(level 2 3 3-pipe 4)
    set(name process.at_level_${level})
    add_test(NAME ${name} COMMAND test_process --gtest_brief=1 --gtest_filter=-spawn/*:Sandbox.*
      WORKING_DIRECTORY ${PROJECT_BINARY_DIR})
    math(EXPR watchdog "60 * ${TEND_TEST_PATIENCE}")
    math(EXPR limit "300 * ${TEND_TEST_PATIENCE}")
    set_tests_properties(${name} PROPERTIES COST 100 LABELS ci TIMEOUT ${limit}
      ENVIRONMENT "TEND_SPAWN_LEVEL=${level};TEND_TEST_WATCHDOG_S=${watchdog}")
  endforeach()
endif()

# --- the guide -----------------------------------------------------------------------------------

# The snippets of docs/library.md and README.md as a program, which tests/house/library_guide.py runs.
# It sees what a user of the library sees.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(guide_source ${PROJECT_BINARY_DIR}/library_guide.cpp)
set(guide_inputs ${PROJECT_SOURCE_DIR}/tools/library/guide_program.py
  ${PROJECT_SOURCE_DIR}/docs/library.md ${PROJECT_SOURCE_DIR}/README.md)
add_custom_command(OUTPUT ${guide_source}
  COMMAND ${Python3_EXECUTABLE} ${guide_inputs} > ${guide_source}
  DEPENDS ${guide_inputs} VERBATIM)
add_executable(library_guide ${guide_source})
target_link_libraries(library_guide PRIVATE tend_warnings libtend)

# --- black-box tests -----------------------------------------------------------------------------

# Lines in the file change the defaults: `# label: ci`, `# timeout: 120`. Exit code 77 is a skip.
file(GLOB scripts CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/tests/*/*.sh ${PROJECT_SOURCE_DIR}/tests/*/*.py)
foreach(script IN LISTS scripts)
  execute_process(COMMAND test -x ${script} RESULT_VARIABLE not_executable)
  if(not_executable)
    continue()
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${script})
  get_filename_component(name ${script} NAME_WE)
  get_filename_component(folder ${script} DIRECTORY)
  get_filename_component(folder ${folder} NAME)
  file(STRINGS ${script} label_line REGEX "^# label: [a-z]+")
  file(STRINGS ${script} timeout_line REGEX "^# timeout: [0-9]+")
  set(label fast)
  if(label_line MATCHES "label: ([a-z]+)")
    set(label ${CMAKE_MATCH_1})
  endif()
  set(timeout 120)
  if(timeout_line MATCHES "timeout: ([0-9]+)")
    set(timeout ${CMAKE_MATCH_1})
  endif()
  math(EXPR timeout "${timeout} * ${TEND_TEST_PATIENCE}")
  add_test(NAME ${folder}.${name} COMMAND ${script} WORKING_DIRECTORY ${PROJECT_BINARY_DIR})
  # They take longest, so they start first.
  set_tests_properties(${folder}.${name} PROPERTIES COST 100
    LABELS ${label} TIMEOUT ${timeout} SKIP_RETURN_CODE 77
    ENVIRONMENT "TEND=${PROJECT_BINARY_DIR}/tend;TEND_KEEPER=${PROJECT_BINARY_DIR}/tend-keeper;TEND_BUILD=${PROJECT_BINARY_DIR};TEND_SOURCE=${PROJECT_SOURCE_DIR}")
endforeach()
