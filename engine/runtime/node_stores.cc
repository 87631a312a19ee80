// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/node_stores.h"

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/operator.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

/// Gives an operator what it asks for, and remembers what that was. Nothing is read or written.
class AskingContext final : public OperatorContext {
 public:
  explicit AskingContext(const std::string& node) : node_(node) {}

  Table& table(std::string_view purpose, std::unique_ptr<const RowCodec> codec) override {
    return keep(std::make_unique<Table>(Table::Options{
        .name = name_of(purpose), .codec = std::move(codec), .clocks = &clocks_}));
  }
  TimeQueue& time_queue(std::string_view purpose) override {
    return keep(std::make_unique<TimeQueue>(name_of(purpose), clocks_));
  }
  NumberedKeys& numbered_keys(std::string_view purpose) override {
    return keep(std::make_unique<NumberedKeys>(name_of(purpose), clocks_));
  }
  NumberedTimes& numbered_times(std::string_view purpose) override {
    return keep(std::make_unique<NumberedTimes>(name_of(purpose)));
  }
  RowQueue& row_queue(std::string_view purpose, const Schema& schema) override {
    return keep(std::make_unique<RowQueue>(name_of(purpose), schema, clocks_));
  }
  OperatorCounter& counter(std::string_view) override { return counter_; }
  const ClockTable& clocks() const override { return clocks_; }
  PartitionId partition() const override { return PartitionId(0); }
  const bool& caught_up() const override { return caught_up_; }

  const std::set<StoreId>& ids() const { return ids_; }

 private:
  class NoCounter final : public OperatorCounter {
   public:
    void add(std::uint64_t) override {}
  };

  std::string name_of(std::string_view purpose) const { return concat(node_, "/", purpose); }
  template <typename Kind>
  Kind& keep(std::unique_ptr<Kind> store) {
    Kind& kept = *store;
    ids_.insert(kept.id());
    stores_.push_back(std::move(store));
    return kept;
  }

  const std::string& node_;
  ClockTable clocks_;
  std::vector<std::unique_ptr<Store>> stores_;
  std::set<StoreId> ids_;
  NoCounter counter_;
  const bool caught_up_ = true;
};

}  // namespace

Result<std::set<StoreId>> stores_of(const OperatorNode& node) {
  AskingContext context(node.name);
  const std::unique_ptr<Operator> asking = node.make_operator();
  TRY(asking->open(context));
  std::set<StoreId> out = context.ids();
  for (const std::string_view purpose :
       {"behind", "deletions", "episodes", "fired", "gateways", "groups", "heard", "held", "idle",
        "keys", "reminders", "revisions", "sequence", "timers", "versions"}) {
    out.insert(store_id(concat(node.name, "/", purpose)));
  }
  return out;
}

}  // namespace sitrep
