// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which alerts someone wants to see: by severity, group, name, state, and words. Thread-compatible.

#include <string>
#include <vector>

#include "cli/topic_alert.h"

namespace sitrep {

/// What is empty lets every alert through; an alert must pass all of them.
struct AlertFilter {
  /// info, warning, critical: this one and above.
  std::string severity = {};
  /// active, suppressed, cleared.
  std::string state = {};
  /// One of these, letter by letter.
  std::vector<std::string> groups = {};
  std::vector<std::string> alerts = {};
  /// Somewhere in the text, the alert's name or the key; upper and lower case are the same.
  std::string text = {};

  bool is_empty() const;
  bool passes(const TopicAlert& alert) const;
};

}  // namespace sitrep
