# sitrep_room(NAME base HEADERS … SOURCES … DEPENDS … PRIVATE …)
#
# One static library per room of the house, target sitrep_<name>. HEADERS are verified to compile
# alone (target all_verify_interface_header_sets). DEPENDS names the rooms and libraries that the
# headers show, PRIVATE those that only the sources see.
function(sitrep_room)
  cmake_parse_arguments(ROOM "" "NAME" "HEADERS;SOURCES;DEPENDS;PRIVATE" ${ARGN})
  set(target sitrep_${ROOM_NAME})
  if(ROOM_SOURCES)
    set(scope PUBLIC)
    add_library(${target} STATIC ${ROOM_SOURCES})
    target_link_libraries(${target} PRIVATE ${ROOM_PRIVATE})
  else()
    set(scope INTERFACE)
    add_library(${target} INTERFACE)
  endif()
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${ROOM_HEADERS})
  target_link_libraries(${target} ${scope} sitrep_flags ${ROOM_DEPENDS})
endfunction()

# sitrep_test(NAME base_test SOURCES … DEPENDS … [LABELS …] [TIMEOUT seconds])
#
# One GoogleTest program; each of its tests becomes a ctest test.
function(sitrep_test)
  cmake_parse_arguments(TEST "" "NAME;TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  if(NOT TEST_LABELS)
    set(TEST_LABELS unit)
  endif()
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 120)
  endif()
  add_executable(${TEST_NAME} ${TEST_SOURCES})
  target_link_libraries(${TEST_NAME} PRIVATE sitrep_flags ${TEST_DEPENDS} GTest::gmock GTest::gtest_main)
  sitrep_sanitize(${TEST_NAME})
  gtest_discover_tests(${TEST_NAME} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${TEST_LABELS}" TIMEOUT ${TEST_TIMEOUT})
endfunction()
