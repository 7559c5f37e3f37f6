# cmake --install: the rooms that were built, their public headers, the program, a CMake package whose
# components are the rooms, and a pkg-config file for each room (parley.pc is all of them).
# Symbols keep default visibility: nearly every class is public and meant to be derived from or thrown
# across libraries, so that export macros on all of them would hide little and clutter every header.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/parley)
set(generated ${PROJECT_BINARY_DIR}/package)
get_property(part_names GLOBAL PROPERTY parley_part_names)
list(TRANSFORM parley_rooms REPLACE "^parley_" "" OUTPUT_VARIABLE rooms)

# parley_closure(OUT ROOM): the room and those that it links, what is linked first.
function(parley_closure out room)
  get_property(links GLOBAL PROPERTY parley_${room}_links)
  set(closure "")
  foreach(link ${links})
    if(link IN_LIST parley_rooms)
      string(REGEX REPLACE "^parley_" "" linked ${link})
      parley_closure(below ${linked})
      list(APPEND closure ${below})
    endif()
  endforeach()
  list(APPEND closure ${room})
  list(REMOVE_DUPLICATES closure)
  set(${out} ${closure} PARENT_SCOPE)
endfunction()

# parley_pkg_config(ROOM): ROOM's .pc file. The prefix is found from where the file lies.
function(parley_pkg_config room)
  set(module parley-${room})
  if(room STREQUAL "all")
    set(module parley)
  endif()
  get_property(links GLOBAL PROPERTY parley_${room}_links)
  list(FILTER links INCLUDE REGEX "^parley_")
  list(TRANSFORM links REPLACE "^parley_(.+)" "parley-\\1 = ${PROJECT_VERSION}")
  # All of it is Requires. In a static installation nothing links without what is private, and in a
  # shared one pkg-config would demand the .pc files of private needs for the mere flags of compiling.
  get_property(foreign GLOBAL PROPERTY parley_${room}_pc)
  list(APPEND links ${foreign})
  list(JOIN links ", " pc_requires)
  get_property(libs GLOBAL PROPERTY parley_${room}_libs)
  list(JOIN libs " " pc_libs)
  set(pc_name ${module})
  set(pc_room ${room})
  file(RELATIVE_PATH up ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
  string(REGEX REPLACE "/$" "" pc_prefix "\${pcfiledir}/${up}")
  foreach(dir lib include)
    string(TOUPPER ${dir} upper)
    set(pc_${dir} "${CMAKE_INSTALL_${upper}DIR}")
    if(NOT IS_ABSOLUTE "${pc_${dir}}")
      set(pc_${dir} "\${prefix}/${pc_${dir}}")
    endif()
  endforeach()
  configure_file(core/package/room.pc.in ${generated}/${module}.pc @ONLY)
  install(FILES ${generated}/${module}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
          COMPONENT parley_development)
endfunction()

# parley_install_room(ROOM): library, headers, the file of its targets and its part of the package.
function(parley_install_room room)
  install(
    TARGETS parley_${room}
    EXPORT parley-${room}
    RUNTIME COMPONENT parley_runtime
    LIBRARY COMPONENT parley_runtime NAMELINK_COMPONENT parley_development
    ARCHIVE COMPONENT parley_development)
  install(EXPORT parley-${room} NAMESPACE parley:: FILE parley-${room}-targets.cmake
          DESTINATION ${package_dir} COMPONENT parley_development)
  get_property(source GLOBAL PROPERTY parley_${room}_source)
  get_property(without GLOBAL PROPERTY parley_${room}_without)
  set(exclude PATTERN detail EXCLUDE PATTERN provider EXCLUDE)
  foreach(pattern ${without})
    list(APPEND exclude PATTERN ${pattern} EXCLUDE)
  endforeach()
  cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE folder)
  cmake_path(GET folder PARENT_PATH above)
  install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/parley/${above}
          COMPONENT parley_development FILES_MATCHING PATTERN "*.hpp" ${exclude})
  get_property(room_find GLOBAL PROPERTY parley_${room}_find)
  configure_file(core/package/parley-room.cmake.in ${generated}/parley-${room}.cmake @ONLY)
  install(FILES ${generated}/parley-${room}.cmake DESTINATION ${package_dir}
          COMPONENT parley_development)
  parley_pkg_config(${room})
endfunction()

set(parley_closures "")
set(room_list "")
foreach(room ${rooms})
  parley_install_room(${room})
  parley_closure(closure ${room})
  string(APPEND parley_closures "set(parley_${room}_rooms ${closure})\n")
  # For tests/checks/rooms: the room, a colon, its rooms, a colon, the foreign libraries of them all.
  set(foreign "")
  foreach(below ${closure})
    get_property(pc GLOBAL PROPERTY parley_${below}_pc)
    list(APPEND foreign ${pc})
  endforeach()
  string(APPEND room_list "${room}:${closure}:${foreign}\n")
endforeach()
string(REPLACE ";" " " room_list "${room_list}")
file(WRITE ${generated}/rooms.txt "${room_list}")

# Parts that are no rooms (a library that core can use, the program) can be asked for as well.
set(parley_features "")
set(parley_absences "")
foreach(part ${part_names})
  get_property(row GLOBAL PROPERTY parley_part_${part})
  list(GET row 0 built)
  list(GET row 1 option)
  list(GET row 2 package)
  if(built)
    list(APPEND parley_features ${part})
    continue()
  endif()
  set(how "")
  if(NOT option STREQUAL "none")
    string(REPLACE " and " "=ON -D" option "${option}")
    string(APPEND how "configure it with -D${option}=ON")
  endif()
  if(NOT package STREQUAL "none")
    string(APPEND how " (Debian: ${package})")
  endif()
  string(STRIP "${how}" how)
  string(APPEND parley_absences "set(parley_${part}_absent \"${how}\")\n")
endforeach()
list(REMOVE_ITEM parley_features ${rooms} none)
configure_file(core/package/parley-config.cmake.in ${generated}/parley-config.cmake @ONLY)
write_basic_package_version_file(${generated}/parley-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${generated}/parley-config.cmake ${generated}/parley-config-version.cmake
        DESTINATION ${package_dir} COMPONENT parley_development)
install(FILES ${parley_include}/parley/build_config.hpp
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/parley COMPONENT parley_development)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT parley_development)
if(TARGET parley)
  install(TARGETS parley RUNTIME COMPONENT parley_runtime)
endif()
