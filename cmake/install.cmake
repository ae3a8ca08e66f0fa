# What `cmake --install` puts where. The program finds its keeper beside itself, or in libexec/tend.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

if(TARGET tend)
  install(TARGETS tend RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(TARGET tend-keeper)
  install(TARGETS tend-keeper RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/tend)
endif()

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS libtend EXPORT tendTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tend)
install(EXPORT tendTargets NAMESPACE tend:: DESTINATION ${package_dir})
configure_file(${PROJECT_SOURCE_DIR}/cmake/tendConfig.cmake.in
  ${PROJECT_BINARY_DIR}/package/tendConfig.cmake @ONLY)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/tendConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/tendConfig.cmake
  ${PROJECT_BINARY_DIR}/package/tendConfigVersion.cmake DESTINATION ${package_dir})

file(RELATIVE_PATH TEND_PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(${PROJECT_SOURCE_DIR}/cmake/tend.pc.in ${PROJECT_BINARY_DIR}/package/tend.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/package/tend.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
