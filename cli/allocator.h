// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the program asks of the allocator that it is linked with (mimalloc, or the sanitizers' own).

namespace sitrep {

/// Freed memory stays with the process for half a second before the system gets it back: an epoch
/// of 100 ms takes again what the one before gave back, and every page of it would be faulted in
/// and cleared anew. An environment variable of mimalloc's wins. Called once, at the start.
void keep_freed_memory_for_a_while();

}  // namespace sitrep
