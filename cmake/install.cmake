# What `cmake --install` puts where, as two components: `library`, and `program`, which finds its
# keeper beside itself, or in libexec/tend.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# --- program -------------------------------------------------------------------------------------

if(TARGET tend)
  install(TARGETS tend RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
endif()
if(TARGET tend-keeper)
  install(TARGETS tend-keeper
    RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/tend COMPONENT program)
endif()

# --- library -------------------------------------------------------------------------------------

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
install(TARGETS libtend EXPORT tendTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tend)
install(EXPORT tendTargets NAMESPACE tend:: DESTINATION ${package_dir} COMPONENT library)
configure_file(${PROJECT_SOURCE_DIR}/cmake/tendConfig.cmake.in
  ${PROJECT_BINARY_DIR}/package/tendConfig.cmake @ONLY)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/tendConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/tendConfig.cmake
  ${PROJECT_BINARY_DIR}/package/tendConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT library)

file(RELATIVE_PATH TEND_PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(${PROJECT_SOURCE_DIR}/cmake/tend.pc.in ${PROJECT_BINARY_DIR}/package/tend.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/package/tend.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
