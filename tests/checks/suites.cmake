# Writes CTest's list of a GoogleTest program's suites, one test for each: under a sanitizer a
# process costs more to start than most tests take. PROGRAM, PREFIX, LABELS, FOLDER, OUTPUT.
execute_process(
  COMMAND ${PROGRAM} --gtest_list_tests "--gtest_filter=-*_vector*.*"
  WORKING_DIRECTORY ${FOLDER}
  OUTPUT_VARIABLE listed
  RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} does not list its tests: ${status}")
endif()
string(REPLACE "," ";" LABELS "${LABELS}")
set(written "")
string(REGEX MATCHALL "[^\n]+" lines "${listed}")
foreach(line IN LISTS lines)
  # "suite/type.  # TypeParam = ..."; the tests below it are indented.
  if(line MATCHES "^([A-Za-z_][^ ]*)\\.( |$)")
    set(suite ${CMAKE_MATCH_1})
    string(APPEND written "add_test([==[${PREFIX}.${suite}]==] [==[${PROGRAM}]==] --gtest_brief=1 "
           "[==[--gtest_filter=${suite}.*]==])\n"
           "set_tests_properties([==[${PREFIX}.${suite}]==] PROPERTIES TIMEOUT 900 "
           "WORKING_DIRECTORY [==[${FOLDER}]==] LABELS [==[${LABELS}]==])\n")
  endif()
endforeach()
file(WRITE ${OUTPUT} "${written}")
