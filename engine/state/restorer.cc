// SPDX-License-Identifier: Apache-2.0
#include "engine/state/restorer.h"

#include <algorithm>
#include <utility>

#include "engine/base/ensure.h"
#include "engine/base/text.h"

namespace sitrep {

Restorer::Restorer(const StateImage& image, Options options)
    : options_(std::move(options)), cursor_(image.walk(options_.task)) {
  ENSURE(options_.step_entries > 0, "a step that does nothing never ends");
}

Result<bool> Restorer::step() {
  for (std::size_t n = 0; n < options_.step_entries; ++n) {
    ASSIGN_OR_RETURN(const std::optional<ImageEntry> entry, cursor_->next());
    if (!entry) return true;
    TRY(take(*entry));
  }
  return false;
}

Result<void> Restorer::take(const ImageEntry& entry) {
  Store* const store = find(entry.store);
  if (store == nullptr) {
    ++unknown_entries_;
    return {};
  }
  if (full() && store->restore_cold(entry.key.clock, entry.key.pane)) {
    ++cold_panes_;
    cursor_->skip_pane();
    return {};
  }
  ++restored_entries_;
  return store->restore(entry.key, entry.value);
}

Store* Restorer::find(StoreId id) const {
  const auto found = std::find_if(options_.stores.begin(), options_.stores.end(),
                                  [id](const Store* store) { return store->id() == id; });
  return found == options_.stores.end() ? nullptr : *found;
}

bool Restorer::full() const {
  std::size_t bytes = 0;
  for (const Store* store : options_.stores) bytes += store->memory_bytes();
  return bytes > options_.memory_bytes_max;
}

}  // namespace sitrep
