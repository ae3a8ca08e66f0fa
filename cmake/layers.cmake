# The layers of src/, one object library each; sources are found, so a new file needs no line here.
#
#   base <- os <- process <- { inspect, jobs, service } <- cli

# tend_sources(<out> <folder> [EXCLUDE <regex>...]): every .cpp and .S below the folder.
function(tend_sources out folder)
  cmake_parse_arguments(arg "" "" "EXCLUDE" ${ARGN})
  file(GLOB_RECURSE found CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/${folder}/*.cpp ${PROJECT_SOURCE_DIR}/${folder}/*.S)
  foreach(pattern IN LISTS arg_EXCLUDE)
    list(FILTER found EXCLUDE REGEX "${pattern}")
  endforeach()
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# tend_object_library(<name> <sources>...): an object library, with a stand-in when it has no source.
function(tend_object_library name)
  set(sources ${ARGN})
  if(NOT sources)
    set(sources ${PROJECT_SOURCE_DIR}/cmake/empty.cpp)
  endif()
  add_library(${name} OBJECT ${sources})
  target_link_libraries(${name} PUBLIC tend_code PRIVATE tend_warnings)
endfunction()

# tend_layer(<name> <folder> [EXCLUDE <regex>...])
function(tend_layer name folder)
  tend_sources(sources ${folder} ${ARGN})
  tend_object_library(${name} ${sources})
  target_link_libraries(${name} PUBLIC tend_sanitizers)
  tend_precompile(${name})
endfunction()

# The std headers that most files include, parsed once for all layers (TEND_PCH). Presets without it
# keep us honest about what each file includes itself.
if(TEND_PCH)
  tend_object_library(tend_pch ${PROJECT_SOURCE_DIR}/cmake/empty.cpp)
  target_link_libraries(tend_pch PUBLIC tend_sanitizers)
  target_precompile_headers(tend_pch PRIVATE
    <algorithm> <array> <cerrno> <charconv> <chrono> <cstdint> <cstring> <expected> <functional>
    <limits> <map> <memory> <optional> <set> <span> <string> <string_view> <unordered_map> <utility>
    <variant> <vector>)
endif()

function(tend_precompile target)
  if(TEND_PCH)
    target_precompile_headers(${target} REUSE_FROM tend_pch)
  endif()
endfunction()
