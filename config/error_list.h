// SPDX-License-Identifier: Apache-2.0
#pragma once
// Collects the complaints about one job file: turns a place into file, line and column, or into the
// `--set` that the place stands for. Lives as long as what it refers to. Thread-compatible.

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "config/config_error.h"
#include "config/placed_text.h"

namespace sitrep {

class ErrorList {
 public:
  ErrorList(const std::string& file, const std::vector<std::string>& overrides,
            std::vector<ConfigError>& out)
      : file_(file), overrides_(overrides), out_(out), size_before_(out.size()) {}

  void add(SourcePlace place, std::string message);
  /// What stands at `place` is not what was meant, which has been said: later complaints about it
  /// are left out.
  void mute(SourcePlace place) { muted_.insert(place); }
  /// Whether nothing was added through this list.
  bool empty() const { return out_.size() == size_before_; }
  std::size_t size() const { return out_.size(); }
  /// Sorts what was added by place and leaves out repetitions.
  void sort();

 private:
  const std::string& file_;
  const std::vector<std::string>& overrides_;
  std::vector<ConfigError>& out_;
  const std::size_t size_before_;
  std::set<SourcePlace> muted_;
};

}  // namespace sitrep
