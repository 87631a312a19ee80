// SPDX-License-Identifier: Apache-2.0
#pragma once
// Stands between the rules of a job and their topics (decision 0011), so that a person is told what
// can be acted on, and can see of everything else why not. Every record of a rule goes on, with its
// column `by` filled in: one that is not told has the state "suppressed". An alert that is up is
// not told while, in this order,
// - a command shelves it;
// - an alert of its group that its rule names (suppressed_by) is up;
// - its rule tells one per group, and an earlier one of the rule is told;
// - the flood goes on in which it was raised, unless it is or becomes critical.
// Alerts without a group have nothing in common but floods. What changes without a record of the
// rule (suppressed, unsuppressed, shelved, acknowledged) is a record of its own: at the event time
// of the alert that is the reason, or in whole seconds of processing time. Revisions are counted
// anew here.
//
// A flood is an alert itself, one per group: it begins when more than `more_than` alerts of the
// group were raised within `within`, those not counted that the first three hold back, and ends
// when fewer than `fewer_than` are left (EEMUA 191: 10, 5, 10 minutes). Raises count when they get
// here: what floods a person is what comes now, whatever its event time. While it goes on its text
// says how many were held back, at most once a minute.
//
// State: episodes (id → FloodEpisode), groups (group → GroupFlood), sequence (numbers of episodes).
// Used only by its worker.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/operator.h"
#include "operators/alert_output.h"
#include "operators/arrival_numbers.h"
#include "operators/flood_state.h"
#include "operators/versioned_table.h"

namespace sitrep {

class FloodControl final : public Operator {
 public:
  struct Rule {
    std::string name;
    /// Names of rules of which an alert in its group holds this rule's back.
    std::set<std::string> suppressed_by = {};
    bool one_per_group = false;
  };
  struct Options {
    /// Of the flood as an alert: job, name and severity.
    AlertIdentity identity;
    std::vector<Rule> rules;
    std::size_t more_than = 10;
    std::size_t fewer_than = 5;
    Micros within = 600 * kMicrosPerSecond;
    /// Whether there is a shared table of commands (alert_commands_schema).
    bool has_commands = false;
  };

  explicit FloodControl(const Options& options);

  Result<void> open(OperatorContext& context) override;
  Result<void> process(const ColumnBatch& batch, Emitter& out) override;
  Result<void> take_table(SharedTablePtr table) override;
  Result<void> tick(Micros now, Emitter& out) override;

 private:
  using Cells = std::vector<Value>;
  /// What of an episode is looked at often, beside the table.
  struct Known {
    std::string id;
    std::string alert;
    std::string key;
    std::string by;
    bool held_back = false;
  };
  struct Group {
    std::map<std::string, Known> up;  // by number
    std::map<std::string, std::string> numbers;  // by id
    std::map<std::string, std::set<std::string>> of_rule;  // numbers by rule; none is empty
    bool counts = false;  // it has raises that count, or a flood
    Micros next_look = kMinWatermark;  // when time may do something to those
  };
  struct Command {
    std::optional<Micros> shelve_until;
    bool acknowledge = false;
    std::string by;
    std::string reason;
  };

  Result<void> load();
  Result<void> take(const ColumnBatch& batch, std::size_t row);
  Result<void> take_end(Group& group, const std::string& name, Cells cells);
  Result<void> take_raise(Group& group, const std::string& name, Cells cells);
  Result<void> take_news(Group& group, const std::string& name, Cells cells);
  std::string told_before(const Group& group, const std::string& number,
                          const std::string& alert) const;
  /// Why an episode is not told; empty: it is told. `told`: one of its rule that is told already,
  /// where that counts.
  std::string reason_for(const std::string& name, const Group& group, const std::string& number,
                         const Known& known, const std::string& told);
  Result<void> settle(const std::string& name, Group& group, Micros at);
  Result<void> settle_children(const std::string& name, Group& group, const std::string& parent,
                               Micros at);
  Result<void> settle_rule(const std::string& name, Group& group, const std::string& alert,
                           Micros at);
  Result<void> change(const Known& known, std::string_view what, Micros when);
  Result<void> acknowledge(Known& known);
  /// Whether a raise is held back by a flood, which may begin with it.
  Result<bool> count_raise(const std::string& name, Group& group, bool critical);
  Micros next_look(const GroupFlood& flood) const;
  Result<void> pass_time(const std::string& name, Group& group, bool& settles);
  void tell_flood(const std::string& name, GroupFlood& flood, AlertChange change);

  const Rule* rule_of(std::string_view alert) const;
  std::optional<Command> command_for(const std::string& target);
  std::optional<std::string> shelf_for(const std::string& name, const Known& known);
  Result<FloodEpisode*> episode_of(const std::string& id);
  Result<GroupFlood*> flood_of(const std::string& name);
  void put_out(Cells cells, FloodEpisode& episode, Micros at, ClockId clock);
  void flush(Emitter& out);

  const Options options_;
  std::map<std::string, Rule, std::less<>> rules_;
  std::set<std::string, std::less<>> parents_;
  Table* episodes_ = nullptr;
  Table* groups_ = nullptr;
  ArrivalNumbers numbers_;
  OperatorCounter* suppressed_ = nullptr;
  std::shared_ptr<const VersionedTable> commands_;
  bool looks_at_all_ = false;
  Micros next_expiry_;  // of a shelf
  AlertOutput floods_;
  BatchBuilder rows_;
  bool empty_ = true;
  bool loaded_ = false;
  Micros now_ = kMinWatermark;
  std::map<std::string, Group> known_;
};

}  // namespace sitrep
