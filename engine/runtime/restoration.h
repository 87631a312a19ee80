// SPDX-License-Identifier: Apache-2.0
#pragma once
// Brings the tasks of one assignment to where they were committed, a bounded step at a time, so
// that control can serve its group meanwhile. Where the log keeps state, what is committed in the
// group says where each task stands; its image is brought there from the state log; then its tables
// are filled. Where it does not, the image is the truth. Made for one assignment and thrown away
// when it changes. Used only by the control thread.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/log/log.h"
#include "engine/runtime/messages.h"
#include "engine/runtime/task_phase.h"
#include "engine/runtime/topology.h"
#include "engine/state/image.h"
#include "engine/state/restorer.h"
#include "engine/state/tail_replay.h"
#include "engine/telemetry/metrics.h"

namespace sitrep {

/// A new life of a task's state, in the log of this name.
Incarnation new_incarnation(std::string_view log_identity);

class Restoration {
 public:
  /// All references outlive it.
  struct Context {
    const Topology& topology;
    Log& log;
    GroupReader& group;
    /// Null: state is kept in memory only.
    StateImage* image;
    /// The topics that the job writes, state logs included.
    const TopicNumbers& topics;
    const Clock& clock;
    MetricsRegistry& metrics;
    /// Whether state is in the log; needs an image.
    bool state_log = false;
    bool bounded = false;
    /// What the tables of all tasks together may be filled with.
    std::size_t memory_bytes_max = 0;
  };

  Restoration(const Context& context, std::vector<TopicPartition> partitions,
              Generation generation);
  ~Restoration();

  /// Does a piece, and appends tasks that are ready to run to `ready`; true when all are.
  /// kInvalidConfig when what is committed does not fit the job or the topics, naming what to do;
  /// kCorrupt when image or state log are damaged. What passes by itself is waited for, with a line
  /// in the log.
  Result<bool> step(std::vector<OwnedTask>& ready);
  /// How much is done, by the slowest task: 0 to 100.
  int percent() const;

 private:
  struct Item;

  /// Of every topic that the job reads; empty where no stage sends rows to another.
  Result<PartitionCounts> count_partitions() const;
  Result<void> make_items();
  /// Learns what is committed for every task; false when it must be asked again.
  Result<bool> ask_positions();
  Result<void> decide_start(Item& item,
                            const std::vector<std::optional<CommittedOffset>>& committed);
  Result<void> decide_from_log(Item& item,
                               const std::vector<std::optional<CommittedOffset>>& committed);
  Result<void> begin_anew(Item& item);
  Result<void> check_partition_count(const Item& item, std::int32_t committed_count) const;
  Result<void> choose_offsets(Item& item);
  Error moved_on(const TopicPartition& input, Offset begin, const std::string& lost) const;
  bool others_went_on(const Item& item) const;
  Result<bool> replay(Item& item);
  Result<bool> fill(Item& item);
  Result<bool> load(Item& item);
  Result<void> assign_readers();
  /// Says what is waited for, now and then.
  void say_waiting(const Error& error);
  void say_progress();

  const Context context_;
  const std::vector<TopicPartition> partitions_;
  const Generation generation_;
  std::string log_identity_;
  std::vector<std::unique_ptr<Item>> items_;
  bool asked_ = false;
  bool assigned_ = false;
  Micros began_ = 0;
  Micros said_ = 0;
  Gauge& percent_;
};

}  // namespace sitrep
