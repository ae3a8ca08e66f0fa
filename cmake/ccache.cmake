# ccache where it is installed. Paths below the source tree are made relative and the build folder
# is kept out of the hash, so that two build folders of one checkout share their results.
if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(CCACHE_PROGRAM ccache)
  find_program(ENV_PROGRAM env)
  if(CCACHE_PROGRAM AND ENV_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER
      ${ENV_PROGRAM} CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${CCACHE_PROGRAM})
  endif()
endif()
