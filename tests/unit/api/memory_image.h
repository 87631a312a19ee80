// SPDX-License-Identifier: Apache-2.0
#pragma once
// Stands in for the image under tables: takes their changes epoch by epoch, and holds what was
// flushed. Changes can be read as text. Thread-compatible.

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/api/store.h"
#include "engine/base/text.h"

namespace sitrep {

class MemoryImage final : public ChangeSink, public ColdState {
 public:
  using Key = std::tuple<StoreId, std::string, Micros, std::string>;
  using Entries = std::map<Key, std::string>;

  void put(StoreId store, const StateKey& key, std::string_view value) override {
    changes_.push_back(concat("put ", key.clock, "/", key.pane, "/", key.key, "=", value));
    open_[own(store, key)] = value;
  }
  void remove(StoreId store, const StateKey& key) override {
    changes_.push_back(concat("remove ", key.clock, "/", key.pane, "/", key.key));
    open_.erase(own(store, key));
  }
  void remove_pane(StoreId store, std::string_view clock, Micros pane) override {
    changes_.push_back(concat("remove_pane ", clock, "/", pane));
    std::erase_if(open_, [&](const auto& entry) {
      return std::get<0>(entry.first) == store && std::get<1>(entry.first) == clock &&
             std::get<2>(entry.first) == pane;
    });
  }

  /// The epoch ends: what came since the last one belongs to it.
  void close(Epoch epoch) { closed_.emplace_back(epoch, open_); }
  /// The image now holds `epoch`.
  void flush(Epoch epoch) {
    while (!closed_.empty() && closed_.front().first <= epoch) {
      flushed_ = std::move(closed_.front().second);
      flushed_epoch_ = closed_.front().first;
      closed_.pop_front();
    }
  }
  /// Everything that was flushed.
  const Entries& entries() const { return flushed_; }
  /// Everything in closed epochs and the open one.
  const Entries& latest() const { return open_; }
  /// Changes since the last call, as text.
  std::vector<std::string> take_changes() { return std::exchange(changes_, {}); }

  Result<std::optional<std::string>> get(StoreId store, const StateKey& key) override {
    ++reads;
    if (broken) return unavailable("the disk is gone");
    const auto found = flushed_.find(own(store, key));
    if (found == flushed_.end()) return std::nullopt;
    return found->second;
  }
  Result<void> scan_pane(
      StoreId store, std::string_view clock, Micros pane,
      const std::function<Result<void>(std::string_view key, std::string_view value)>& entry)
      override {
    if (broken) return unavailable("the disk is gone");
    for (const auto& [key, value] : flushed_) {
      if (std::get<0>(key) != store || std::get<1>(key) != clock || std::get<2>(key) != pane) {
        continue;
      }
      TRY(entry(std::get<3>(key), value));
    }
    return {};
  }
  std::optional<Epoch> flushed() override { return flushed_epoch_; }

  bool broken = false;
  std::size_t reads = 0;

 private:
  static Key own(StoreId store, const StateKey& key) {
    return {store, std::string(key.clock), key.pane, std::string(key.key)};
  }

  Entries open_;
  std::deque<std::pair<Epoch, Entries>> closed_;
  Entries flushed_;
  std::optional<Epoch> flushed_epoch_;
  std::vector<std::string> changes_;
};

}  // namespace sitrep
