// SPDX-License-Identifier: Apache-2.0
#include "config/rule_version.h"

#include <span>

#include "engine/api/raw_bytes.h"
#include "engine/base/base32.h"
#include "engine/base/hash.h"
#include "engine/base/text.h"
#include "engine/sql/describe.h"

namespace sitrep {
namespace {

constexpr std::size_t kVersionBytes = 5;  // 8 characters

/// The settings of a rule as text, each with its name.
class Settings {
 public:
  /// `row`: what the rule's expressions read.
  explicit Settings(Schema row) : row_(std::move(row)) {}

  void add(std::string_view name, std::string_view value) {
    append_sized(text_, name);
    append_sized(text_, value);
  }
  void add(std::string_view name, const sql::ExpressionPtr& expression) {
    if (expression) add(name, sql::describe(*expression, row_));
  }
  void add(std::string_view name, std::optional<Micros> time) {
    if (time) add(name, concat(*time));
  }
  void add(std::string_view name, const std::vector<std::size_t>& columns) {
    for (const std::size_t column : columns) add(name, row_.fields[column].name);
  }
  std::string version() const {
    const auto digest = hash_digest_64(text_);
    return to_base32(std::span(digest).first<kVersionBytes>());
  }

 private:
  const Schema row_;
  std::string text_;
};

}  // namespace

std::string rule_version(const JobPlan& plan, const AlertPlan& alert) {
  Schema row = plan.row_of(alert).qualified();
  for (const sql::HistoryCall& call : alert.history) {
    row.fields.push_back({call.identity, call.type});
  }
  Settings settings(std::move(row));
  settings.add("from", plan.name_of(alert.input));
  settings.add("key", alert.key);
  if (alert.parameters) {
    settings.add("parameters", alert.parameters->name);
    settings.add("parameters by", alert.parameters->keys);
  }
  settings.add("raise", alert.raise);
  settings.add("clear", alert.clear);
  settings.add("silent_after", alert.silent_after);
  settings.add("for", alert.hold_for);
  settings.add("clear_for", alert.clear_for);
  settings.add("severity", alert.severity_of_row);
  if (!alert.severity_of_row) settings.add("severity", to_string(alert.severity));
  settings.add("renotify_every", alert.renotify_every);
  settings.add("expire_after", alert.expire_after);
  settings.add("order", to_string(alert.order));
  return settings.version();
}

std::string flood_version(const FloodPlan& flood) {
  Settings settings{Schema()};
  settings.add("more_than", concat(flood.spec.more_than));
  settings.add("fewer_than", concat(flood.spec.fewer_than));
  settings.add("within", flood.spec.within);
  settings.add("severity", to_string(flood.spec.severity));
  return settings.version();
}

}  // namespace sitrep
