# Benchmarks: bench/<name>_bench.cpp -> build/<preset>/bench/<name>_bench, by the target tend_bench
# (never by default). bench/support/*.cpp is linked into each. bench/programs/*.cpp are static
# programs that benchmarks start; a line `// build: nolibc` leaves out even libc.

add_custom_target(tend_bench)
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
    TEND_BINARY_DIR="${PROJECT_BINARY_DIR}")
  target_link_libraries(${name} PRIVATE
    tend_code tend_warnings tend_bench_support tend_service libtend)
  add_dependencies(tend_bench ${name})
endforeach()

file(GLOB programs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/programs/*.cpp)
foreach(source IN LISTS programs)
  get_filename_component(name ${source} NAME_WE)
  add_executable(bench_program_${name} EXCLUDE_FROM_ALL ${source})
  set_target_properties(bench_program_${name} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench-programs)
  target_compile_features(bench_program_${name} PRIVATE cxx_std_23)
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
