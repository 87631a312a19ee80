# Flags of the sanitizer that SITREP_SANITIZE names.
if(SITREP_SANITIZE STREQUAL "address")
  target_compile_options(sitrep_flags INTERFACE
    -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(sitrep_flags INTERFACE -fsanitize=address,undefined)
elseif(SITREP_SANITIZE STREQUAL "thread")
  target_compile_options(sitrep_flags INTERFACE -O1 -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(sitrep_flags INTERFACE -fsanitize=thread)
elseif(NOT SITREP_SANITIZE STREQUAL "")
  message(FATAL_ERROR "SITREP_SANITIZE is '${SITREP_SANITIZE}'; it takes address, thread or nothing")
endif()

# sitrep_sanitize(target): makes an executable fit to run under the chosen sanitizer.
function(sitrep_sanitize target)
  if(SITREP_SANITIZE STREQUAL "thread")
    target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support/thread_sanitizer.cc)
  endif()
endfunction()
