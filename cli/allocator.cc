// SPDX-License-Identifier: Apache-2.0
#include "cli/allocator.h"

#ifdef SITREP_MIMALLOC
#include <mimalloc.h>
#endif

namespace sitrep {

void keep_freed_memory_for_a_while() {
#ifdef SITREP_MIMALLOC
  constexpr long kMilliseconds = 500;
#if MI_MALLOC_VERSION >= 210
  mi_option_set_default(mi_option_purge_delay, kMilliseconds);
#else
  mi_option_set_default(mi_option_decommit_delay, kMilliseconds);
#endif
#endif
}

}  // namespace sitrep
