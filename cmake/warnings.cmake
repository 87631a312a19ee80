# One interface target carries the flags of every target of ours.
add_library(sitrep_flags INTERFACE)
target_compile_features(sitrep_flags INTERFACE cxx_std_20)
set(CMAKE_CXX_EXTENSIONS OFF)
target_compile_options(sitrep_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wimplicit-fallthrough -Werror=format-security
  $<$<BOOL:$ENV{CI}>:-Werror>
  # g++ 12 at -O3 sees these in correct moves of optionals, variants and strings once the standard
  # library is inlined (its bugs 80635, 105562, 105651): shown, but no reason to refuse a build.
  $<$<BOOL:$ENV{CI}>:-Wno-error=maybe-uninitialized>
  $<$<BOOL:$ENV{CI}>:-Wno-error=restrict>
  -fstack-protector-strong
  $<$<CONFIG:Release>:-O3 -g1>)
target_compile_definitions(sitrep_flags INTERFACE
  $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS SITREP_DEBUG_ENSURE=1>)
set(CMAKE_CXX_FLAGS_RELEASE "")
