# What `cmake --install` gives: the binary with its packs, and for outside
# projects find_package(tarazy) with tarazy::policy, tarazy::proto and
# tarazy::client. A component is there when its target was built.

include(CMakePackageConfigHelpers)
set(tarazy_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tarazy)

# Headers of ours include each other by their path in the tree, so
# include/tarazy is searched as well.
function(tarazy_install_component name)
  if(NOT TARGET tarazy_${name})
    return()
  endif()
  install(TARGETS tarazy_${name} EXPORT tarazy_${name}
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
          INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
                               ${CMAKE_INSTALL_INCLUDEDIR}/tarazy)
  install(EXPORT tarazy_${name} NAMESPACE tarazy::
          FILE tarazy-${name}.cmake DESTINATION ${tarazy_cmake_dir})
endfunction()

tarazy_install_component(policy)
tarazy_install_component(proto)
tarazy_install_component(client)

install(DIRECTORY policy DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tarazy
        FILES_MATCHING PATTERN "*.h" PATTERN law EXCLUDE)
install(DIRECTORY policy/law DESTINATION ${CMAKE_INSTALL_DATADIR}/tarazy)
if(TARAZY_SERVER)
  install(TARGETS tarazy RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(DIRECTORY ${PROJECT_BINARY_DIR}/proto/tarazy
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
          FILES_MATCHING PATTERN "*.pb.h")
  install(DIRECTORY clients/cpp/tarazy
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
          FILES_MATCHING PATTERN "*.h")
  install(DIRECTORY proto DESTINATION ${CMAKE_INSTALL_DATADIR}/tarazy
          FILES_MATCHING PATTERN "*.proto")
  install(FILES deploy/tarazy.yaml DESTINATION ${CMAKE_INSTALL_DATADIR}/tarazy)
endif()

configure_package_config_file(
  cmake/tarazy-config.cmake.in ${PROJECT_BINARY_DIR}/tarazy-config.cmake
  INSTALL_DESTINATION ${tarazy_cmake_dir})
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/tarazy-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tarazy-config.cmake
              ${PROJECT_BINARY_DIR}/tarazy-config-version.cmake
        DESTINATION ${tarazy_cmake_dir})
