// SPDX-License-Identifier: Apache-2.0
#pragma once
// An alert per key that has not spoken for silent_after in event time of its clock; and one per
// clock, the gateway, when nothing at all comes through it: then the clock is idle, and it goes on
// in processing time (decision 0011). While a gateway is silent none of its keys begins an alert,
// and when its time jumped by what was lost, each gets silent_after to be heard from. Cleared by
// the next row, whatever its event time. A key is known from its first row on. One that stays
// silent is told of again and given up as the identity says; it is new when it speaks after that.
// The end of a bounded input raises nothing.
//
// State: keys (by number: what a key is called, the clock that waits for it), heard (by number:
// when it was heard last), episodes (key → AlertState, of those that are silent), gateways (per
// clock), reminders (of both), idle (clock → IdleClock, while it is). So a row of a key that speaks
// costs the time in `heard`, 4 to 7 bytes of state. When a key would be silent is not saved: it
// follows from when it was heard (decision 0016). Used only by its worker.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/api/operator.h"
#include "operators/alert_output.h"
#include "operators/alert_state.h"
#include "operators/gateway_state.h"
#include "operators/idle_clock.h"
#include "operators/silence_timers.h"

namespace sitrep {

class SilenceRule final : public Operator {
 public:
  struct Options {
    AlertIdentity identity;
    Micros silent_after = 0;
    /// The key is what has a clock each: keys are the gateways, and told of in the rule's words.
    bool keys_are_gateways = false;
    /// What is read, as a person calls it: names a partition's own clock, as "telemetry[3]".
    std::string input;
    /// What the alert of a gateway belongs to; of the input's columns only what has the clock.
    std::vector<AlertIdentity::TextPiece> gateway_group;
  };

  explicit SilenceRule(const Options& options);

  Result<void> open(OperatorContext& context) override;
  Result<void> process(const ColumnBatch& batch, Emitter& out) override;
  Result<void> advance(std::span<const ClockReading> readings, Emitter& out) override;
  Result<void> forget(ClockId clock, Emitter& out) override;
  Result<void> tick(Micros now, Emitter& out) override;

 private:
  /// What is known of a clock.
  struct Progress {
    Micros watermark = kMinWatermark;
    bool idle = false;
    bool quiet = false;      // was idle, and no row came since
    bool forgotten = false;  // by the engine; what is quiet on it is waited for still
    std::optional<Micros> idle_since = {};  // processing time
    Micros idle_from = kMinWatermark;       // event time then
    std::optional<IdleClock> unheard = {};  // as state has it
    bool recalled = false;                  // `unheard` is of before a restart
    GatewayState* heard = nullptr;          // within one call of process()
  };

  Progress& progress(ClockId clock);
  /// The clock, which has something to say again if it was forgotten.
  Progress& revived(ClockId clock);
  void wait_for_forgotten();
  /// What is idle since before a restart, and when keys would be silent. Once.
  Result<void> recall();
  Result<void> recall_timers();
  Result<void> remember(ClockId clock, const IdleClock& idle);
  /// Something was heard on it.
  void end_idleness(ClockId clock);
  /// Where the idle clock stands at `now`.
  Result<Micros> idle_time(ClockId clock, Micros now);

  /// To be changed; made when it is new.
  Result<GatewayState*> gateway(ClockId clock);
  /// The same, but null when nothing is known of it.
  Result<GatewayState*> known_gateway(ClockId clock);
  /// To be looked at; null when nothing is known of it.
  Result<const GatewayState*> find_gateway(ClockId clock);
  void meet_gateway(const ColumnBatch& batch, std::size_t row, ClockId clock);
  void hear_gateway(ClockId clock, GatewayState& gateway, Micros at);
  Result<void> wait_for_gateway(ClockId clock, Micros now);
  Result<void> raise_gateway(ClockId clock);
  Result<void> give_up_gateway(ClockId clock);

  /// A row of a key as a table finds it.
  struct Key {
    std::string_view bytes;
    std::uint64_t hash;
  };
  Result<void> hear(const ColumnBatch& batch, std::size_t row, ClockId clock, const Key& key);
  void meet_key(const ColumnBatch& batch, std::size_t row, ClockId clock, const Key& key,
                Micros at);
  Result<AlertState*> episode(const Key& key);
  /// Null when the key is not silent, and was not long ago.
  Result<AlertState*> known_episode(const Key& key);
  /// Ends the silence of the key, if it was silent.
  Result<void> speak(ClockId clock, const Key& key, std::uint32_t number, Micros at);
  Result<void> raise_key(ClockId clock, std::uint32_t number, Micros at);
  void give_up_key(std::uint32_t number);
  void wait_for_key(ClockId clock, std::uint32_t number);
  static Key named(std::string_view key) { return {.bytes = key, .hash = hash_bytes(key)}; }
  Result<void> fire_keys(ClockId clock, Micros time);
  Result<void> fire_reminders(ClockId clock, Micros time);
  void clear(ClockId clock, std::string_view key, AlertState& state, Micros at);
  void expect_reminder(ClockId clock, const std::string& key, const AlertState& state);
  /// True when the episode is given up.
  bool remind(ClockId clock, const TimeQueue::Item& timer, AlertState& state);
  std::string_view cause_of(std::string_view key) const;

  const Options options_;
  AlertOutput output_;
  const ClockTable* clocks_ = nullptr;
  PartitionId partition_{0};
  NumberedKeys* keys_ = nullptr;
  NumberedTimes* times_ = nullptr;
  Table* episodes_ = nullptr;
  Table* gateways_ = nullptr;
  Table* idle_ = nullptr;
  const bool* caught_up_ = nullptr;
  std::optional<SilenceTimers> timers_;  // made in open()
  TimeQueue* reminders_ = nullptr;
  std::vector<Progress> progress_;  // by ClockId
  std::vector<ClockId> heard_;      // within one call of process()
  std::optional<Micros> caught_up_at_;  // processing time
  bool recalled_ = false;
  bool ticked_ = false;
  bool is_warm_ = false;  // the episodes were read after a restart
};

}  // namespace sitrep
