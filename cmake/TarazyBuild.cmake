# How this project compiles, links and tests its targets.

find_program(TARAZY_CCACHE ccache)
if(TARAZY_CCACHE)
  # Paths relative to the tree and no hash of the folder: every checkout of
  # the same files shares one cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${TARAZY_CCACHE})
endif()

find_program(TARAZY_LLD ld.lld)
if(TARAZY_LLD)
  add_link_options(-fuse-ld=lld)
endif()

if(TARAZY_SANITIZE)
  add_compile_options(-fsanitize=${TARAZY_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TARAZY_SANITIZE})
endif()

# Every C++ target of ours.
function(tarazy_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow
                         -Wno-missing-field-initializers
                         -Wno-unused-parameter)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
endfunction()

# Programs that answer calls take jemalloc, which costs less a call than the
# C library's; sanitizers bring an allocator of their own.
find_library(TARAZY_JEMALLOC jemalloc)
function(tarazy_server_allocator target)
  if(TARAZY_JEMALLOC AND NOT TARAZY_SANITIZE)
    target_link_libraries(${target} PRIVATE -Wl,--no-as-needed
                          ${TARAZY_JEMALLOC} -Wl,--as-needed)
  endif()
endfunction()

# A static library and its alias tarazy::NAME.
function(tarazy_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(tarazy_${name} STATIC ${ARG_SOURCES})
  add_library(tarazy::${name} ALIAS tarazy_${name})
  set_target_properties(tarazy_${name} PROPERTIES EXPORT_NAME ${name})
  tarazy_options(tarazy_${name})
  target_link_libraries(tarazy_${name} PUBLIC ${ARG_PUBLIC}
                        PRIVATE ${ARG_PRIVATE})
endfunction()

# Tests that are clean under ThreadSanitizer, which Debian's gRPC is not.
add_custom_target(tsan_tests)

# A GoogleTest binary, its cases registered one by one. Tests find data of
# the repository under TARAZY_SOURCE_DIR.
function(tarazy_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  tarazy_options(${name})
  target_compile_definitions(${name} PRIVATE
    TARAZY_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    TARAZY_BINARY_DIR="${PROJECT_BINARY_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gmock
                        GTest::gtest_main)
  target_precompile_headers(${name} PRIVATE <gtest/gtest.h> <gmock/gmock.h>
                            <string> <vector> <memory>)
  if("tsan" IN_LIST ARG_LABELS)
    add_dependencies(tsan_tests ${name})
  endif()
  gtest_discover_tests(${name} NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()
include(GoogleTest)
