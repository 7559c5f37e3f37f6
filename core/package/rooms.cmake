# How a room becomes a library, and what install.cmake has to know of it. All of it is collected in
# global properties: parley_rooms (targets), parley_parts and parley_has (<parley/build_config.hpp>),
# and for each room parley_NAME_links, _source, _without, _find, _pc, _libs.
foreach(property rooms parts has part_names)
  set_property(GLOBAL PROPERTY parley_${property} "")
endforeach()

# parley_flags(TARGET): warnings and sanitizers, for whatever this repository compiles.
function(parley_flags target)
  target_compile_options(
    ${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                      $<$<BOOL:${PARLEY_WERROR}>:-Werror>)
  if(PARLEY_SANITIZE)
    set(sanitize -fsanitize=${PARLEY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_compile_options(${target} PRIVATE ${sanitize})
    target_link_options(${target} PUBLIC ${sanitize})
  endif()
  if(PARLEY_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# parley_part(NAME BUILT OPTION PACKAGE): one row of what is built in, and what a build that lacks
# it would need.
function(parley_part name built option package)
  if(built)
    set(built 1)
    message(STATUS "parley: ${name}: built in")
  else()
    set(built 0)
    message(STATUS "parley: ${name}: left out (option ${option}, package ${package})")
  endif()
  string(TOUPPER ${name} upper)
  set_property(GLOBAL APPEND_STRING PROPERTY parley_parts
               "  X(${name}, ${built}, \"${option}\", \"${package}\") \\\n")
  set_property(GLOBAL APPEND_STRING PROPERTY parley_has "#define PARLEY_HAS_${upper} ${built}\n")
  set_property(GLOBAL APPEND PROPERTY parley_part_names ${name})
  set_property(GLOBAL PROPERTY parley_part_${name} ${built} "${option}" "${package}")
endfunction()

# parley_room(NAME SOURCES ... LINK ... WITHOUT ...): the library parley_NAME, known as parley::NAME,
# static or shared as BUILD_SHARED_LIBS says. LINK is public. A room without sources makes no target.
# Its headers are installed, but for those in detail/ and provider/ and those that match a pattern of WITHOUT.
function(parley_room name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;WITHOUT" ${ARGN})
  if(NOT arg_SOURCES)
    return()
  endif()
  add_library(parley_${name} ${arg_SOURCES})
  add_library(parley::${name} ALIAS parley_${name})
  parley_flags(parley_${name})
  # Nobody replaces single functions of ours: calls within a file may be inlined.
  target_compile_options(parley_${name}
                         PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-semantic-interposition>)
  target_include_directories(
    parley_${name} PUBLIC $<BUILD_INTERFACE:${parley_include}>
                          $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(parley_${name} PUBLIC cxx_std_23)
  target_link_libraries(parley_${name} PUBLIC ${arg_LINK})
  # Before 1.0 each minor version may break the ABI. No macro is defined for a shared library, so that
  # both kinds share what the compiler cache holds.
  set_target_properties(
    parley_${name}
    PROPERTIES EXPORT_NAME ${name} DEFINE_SYMBOL "" VERSION ${PROJECT_VERSION}
               SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
               INSTALL_RPATH "${parley_library_rpath}")
  if(NOT PARLEY_SANITIZE AND NOT APPLE)
    # A room that forgets to link what it uses fails here, not in its user's program.
    target_link_options(parley_${name} PRIVATE LINKER:--no-undefined)
  endif()
  set_property(GLOBAL APPEND PROPERTY parley_rooms parley_${name})
  set_property(GLOBAL PROPERTY parley_${name}_links ${arg_LINK})
  set_property(GLOBAL PROPERTY parley_${name}_source ${CMAKE_CURRENT_SOURCE_DIR})
  set_property(GLOBAL PROPERTY parley_${name}_without ${arg_WITHOUT})
endfunction()

# parley_needs(ROOM [PRIVATE] FIND|MODULE NAME TARGET T DEBIAN PACKAGE [PC NAME] [LIBS FLAG...]):
# what whoever links the installed room has to find: by find_package(NAME) or as the pkg-config module
# NAME, which gives the target T. PC and LIBS say the same in the room's .pc file (PC is NAME for a
# MODULE). PRIVATE: needed only to link a static library; a shared one has it recorded.
function(parley_needs room)
  cmake_parse_arguments(arg "PRIVATE" "FIND;MODULE;TARGET;DEBIAN;PC" "LIBS" ${ARGN})
  if(arg_PRIVATE AND BUILD_SHARED_LIBS)
    return()
  endif()
  if(arg_MODULE)
    set(arg_PC ${arg_MODULE})
    set(what ${arg_MODULE})
    set(find "  find_package(PkgConfig QUIET)\n  if(PKG_CONFIG_FOUND)\n"
             "    pkg_check_modules(${arg_MODULE} QUIET IMPORTED_TARGET ${arg_MODULE})\n  endif()\n")
  else()
    set(what ${arg_FIND})
    set(find "  find_package(${arg_FIND} QUIET)\n")
  endif()
  string(CONCAT find "if(NOT TARGET ${arg_TARGET})\n" ${find} "endif()\n"
         "if(NOT TARGET ${arg_TARGET})\n"
         "  set(parley_lacks \"${what} (Debian package ${arg_DEBIAN})\")\n  return()\nendif()\n")
  set_property(GLOBAL APPEND_STRING PROPERTY parley_${room}_find "${find}")
  set_property(GLOBAL APPEND PROPERTY parley_${room}_pc ${arg_PC})
  set_property(GLOBAL APPEND PROPERTY parley_${room}_libs ${arg_LIBS})
endfunction()
