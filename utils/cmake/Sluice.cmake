# Helpers of the build: warnings, libraries of the two halves, tools.

# Adds each directory that holds a CMakeLists.txt.
function(sluice_add_directories)
  foreach(directory IN LISTS ARGN)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${directory}/CMakeLists.txt)
      add_subdirectory(${directory})
    endif()
  endforeach()
endfunction()

function(sluice_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra)
  if(SLUICE_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# sluice_library(Name sources... [LINK libraries...]): a library of the runtime half:
# abseil and protobuf, never LLVM. Value-changing floating-point contraction is off.
function(sluice_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/include)
  target_compile_options(${name} PRIVATE -ffp-contract=off)
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
  sluice_warnings(${name})
endfunction()

# sluice_compiler_library(Name sources... [LINK libraries...] [DEPENDS targets...]):
# a library of the compiler half.
function(sluice_compiler_library name)
  cmake_parse_arguments(ARG "" "" "LINK;DEPENDS" ${ARGN})
  sluice_library(${name} ${ARG_UNPARSED_ARGUMENTS} LINK ${ARG_LINK} MLIR LLVM)
  # What tblgen writes into the build tree is generated code, out of the warnings' reach.
  target_include_directories(${name} SYSTEM PUBLIC ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS} ${CMAKE_BINARY_DIR})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# sluice_tool(name sources... [LINK libraries...]): a program in build/bin.
function(sluice_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  sluice_warnings(${name})
endfunction()
