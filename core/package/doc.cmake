# The reference by Doxygen, made by hand: cmake --build build --target parley_doc. The target is there
# where doxygen is.
find_program(PARLEY_DOXYGEN doxygen)
if(PARLEY_DOXYGEN)
  configure_file(core/package/Doxyfile.in ${PROJECT_BINARY_DIR}/Doxyfile @ONLY)
  add_custom_target(
    parley_doc
    COMMAND ${PROJECT_SOURCE_DIR}/core/package/doc_build ${PARLEY_DOXYGEN} ${PROJECT_BINARY_DIR}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    COMMENT "Writing the reference to build/doc/html"
    VERBATIM)
endif()
