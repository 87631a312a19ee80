// SPDX-License-Identifier: Apache-2.0
#include "examples/on_change/on_change.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

namespace sitrep {
namespace {

/// What the table keeps per key. A plain struct that is copied as bytes.
struct LastValue {
  enum Kind : std::int64_t { kNothing, kNull, kNumber };
  std::int64_t kind = kNothing;
  std::int64_t number = 0;

  friend bool operator==(const LastValue&, const LastValue&) = default;
};

/// Says how such a row is made, saved and read back.
class LastValueRow final : public RowCodec {
 public:
  std::size_t row_bytes() const override { return sizeof(LastValue); }
  void create(std::byte* row) const override {
    const LastValue fresh;
    std::memcpy(row, &fresh, sizeof fresh);
  }
  void save(const std::byte* row, std::string& out) const override {
    out.append(reinterpret_cast<const char*>(row), sizeof(LastValue));
  }
  Result<void> load(std::string_view in, std::byte* row) const override {
    if (in.size() != sizeof(LastValue)) return corrupt("a saved last value has a wrong length");
    std::memcpy(row, in.data(), in.size());
    return {};
  }
  bool owns_heap() const override { return false; }
};

}  // namespace

Result<void> OnChange::open(OperatorContext& context) {
  last_ = &context.table("last", std::make_unique<LastValueRow>());
  return {};
}

Result<void> OnChange::process(const ColumnBatch& batch, Emitter& out) {
  Table::Pane& pane = last_->pane(PaneKey{});
  const Column& keys = batch.column(options_.key_column);
  const Column& watched = batch.column(options_.watched_column);
  std::vector<std::uint32_t> changed;
  for (std::size_t n = 0; n < batch.selection.size(); ++n) {
    const std::size_t row = batch.selection[n];
    std::byte* const bytes = last_->upsert(pane, keys.texts()[row]);
    if (bytes == nullptr) return *last_->take_error();
    const LastValue now = watched.is_null(row)
                              ? LastValue{LastValue::kNull, 0}
                              : LastValue{LastValue::kNumber, watched.ints()[row]};
    LastValue before;
    std::memcpy(&before, bytes, sizeof before);
    if (now == before) continue;
    std::memcpy(bytes, &now, sizeof now);
    changed.push_back(static_cast<std::uint32_t>(row));
  }
  if (changed.empty()) return {};
  ColumnBatch output = batch;  // shares the columns; only the choice of rows is new
  output.selection = Selection(batch.rows(), std::move(changed));
  out.emit(std::move(output));
  return {};
}

}  // namespace sitrep
