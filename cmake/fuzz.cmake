# Fuzzing: fuzz/<name>_fuzz.cpp -> build/fuzz/<name>_fuzz, a libFuzzer program. Its corpus lies in
# fuzz/corpus/<name>_fuzz/. Each links an archive of the layers, and takes from it what it calls.
# fuzz/target.cpp is what libFuzzer calls.

add_library(tend_fuzz_code STATIC EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/fuzz/target.cpp)
foreach(layer tend_base tend_os tend_os_raw tend_process tend_inspect tend_jobs tend_service)
  target_sources(tend_fuzz_code PRIVATE $<TARGET_OBJECTS:${layer}>)
endforeach()
target_link_libraries(tend_fuzz_code PUBLIC tend_sanitizers Threads::Threads PRIVATE tend_code tend_warnings)

add_custom_target(tend_fuzz)
file(GLOB targets CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/*_fuzz.cpp)
foreach(source IN LISTS targets)
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} EXCLUDE_FROM_ALL ${source})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${name} PRIVATE tend_code tend_warnings tend_fuzz_code)
  add_dependencies(tend_fuzz ${name})
endforeach()
