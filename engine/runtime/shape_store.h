// SPDX-License-Identifier: Apache-2.0
#pragma once
// Remembers with a task's state of what shape each operator's is (what a stream groups by and adds
// up), so that a job that was changed does not read one query's rows as another's. Its store number
// is below all others: a restore meets it first. Used only by its worker.

#include <map>
#include <string>
#include <string_view>

#include "engine/api/store.h"

namespace sitrep {

class ShapeStore final : public Store {
 public:
  /// The shape of `node`'s state in this job. Call before the restore.
  void expect(std::string node, std::string shape);
  bool empty() const { return shapes_.empty(); }
  /// Whether `node` keeps state that no epoch holds yet: it begins empty.
  bool is_new(std::string_view node) const;

  StoreId id() const override { return StoreId(0); }
  void collect(Epoch epoch, ChangeSink& changes) override;
  /// kInvalidConfig naming the node, both shapes, and what can be done when the saved shape is
  /// another one.
  Result<void> restore(const StateKey& key, std::string_view value) override;
  std::size_t memory_bytes() const override;

 private:
  struct Shape {
    std::string text;
    bool saved = false;
  };

  std::map<std::string, Shape, std::less<>> shapes_;
};

}  // namespace sitrep
