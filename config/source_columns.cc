// SPDX-License-Identifier: Apache-2.0
#include "config/source_columns.h"

#include <algorithm>
#include <cctype>

#include "config/map_reader.h"
#include "engine/base/ensure.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Whether `word` stands in `text` as a word of its own.
bool mentions(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) {
      return true;
    }
  }
  return false;
}

ColumnSpec message_column(std::string name, Type type, ColumnOrigin origin) {
  ColumnSpec column;
  column.name = std::move(name);
  column.type = type;
  column.origin = origin;
  return column;
}

}  // namespace

SourceColumns::SourceColumns(const SourceSpec& source, std::string_view noun)
    : source_(source), noun_(noun) {
  for (const ColumnDeclaration& column : source.columns) columns_.push_back(column.spec);
  columns_.push_back(message_column("_key", Type::kText, ColumnOrigin::kKey));
  columns_.push_back(message_column("_timestamp", Type::kTimestamp, ColumnOrigin::kTimestamp));
  columns_.push_back(message_column("_partition", Type::kBigint, ColumnOrigin::kPartition));
  columns_.push_back(message_column("_offset", Type::kBigint, ColumnOrigin::kOffset));
  // Rules on a column make dead letters even where nobody reads it.
  for (const ColumnSpec& column : columns_) {
    needed_.push_back(column.required || column.min || column.max);
  }
}

const ColumnSpec* SourceColumns::find(std::string_view name) const {
  const auto found = std::find_if(columns_.begin(), columns_.end(),
                                  [&](const ColumnSpec& column) { return column.name == name; });
  return found == columns_.end() ? nullptr : &*found;
}

std::vector<std::string> SourceColumns::names() const {
  std::vector<std::string> names;
  for (const ColumnSpec& column : columns_) names.push_back(column.name);
  return names;
}

Schema SourceColumns::visible_to(std::span<const std::string_view> texts) const {
  Schema schema;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string& name = columns_[i].name;
    const bool declared = i < source_.columns.size();
    if (declared || std::any_of(texts.begin(), texts.end(),
                                [&](std::string_view text) { return mentions(text, name); })) {
      schema.fields.push_back({name, columns_[i].type});
    }
  }
  return schema;
}

ColumnSpec* SourceColumns::expect_column(const PlacedText& name, std::string_view what,
                                         ErrorList& errors) {
  const ColumnSpec* found = find(name.value);
  if (found == nullptr) {
    errors.add(name.place, concat("'", what, "': ", noun_, " '", source_.name.value,
                                  "' has no column '", name.value, "'",
                                  did_you_mean(name.value, names())));
    return nullptr;
  }
  const auto index = static_cast<std::size_t>(found - columns_.data());
  needed_[index] = true;
  return &columns_[index];
}

void SourceColumns::check(bool log_has_timestamps, ErrorList& errors) {
  check_time(log_has_timestamps, errors);
  check_clock(errors);
  if (!source_.partitioned_by) return;
  for (const PlacedText& name : *source_.partitioned_by) {
    (void)expect_column(name, "partitioned_by", errors);
  }
}

void SourceColumns::check_time(bool log_has_timestamps, ErrorList& errors) {
  const PlacedText& name = source_.time.column;
  if (name == "_timestamp" && !log_has_timestamps) {
    errors.add(name.place, concat(noun_, " '", source_.name.value, "' needs a 'time: {column: …}': "
                                  "files give no timestamps"));
    return;
  }
  ColumnSpec* column = expect_column(name, "column", errors);
  if (column == nullptr) return;
  if (column->type != Type::kTimestamp) {
    errors.add(name.place, concat("'column': the event time must be a timestamp; '", name.value,
                                  "' is ", to_string(column->type)));
  } else if (!is_null(column->default_value)) {
    errors.add(name.place, concat("'column': the event time '", name.value,
                                  "' is always required and can have no default"));
  }
  column->required = true;
}

void SourceColumns::check_clock(ErrorList& errors) {
  const auto& name = source_.time.clock_per;
  if (!name) return;
  const ColumnSpec* column = expect_column(*name, "per", errors);
  if (column == nullptr) return;
  if (column->type != Type::kText) {
    errors.add(name->place, concat("'per': the values of a text can have a clock each; '",
                                   name->value, "' is ", to_string(column->type)));
  } else if (!column->required) {
    errors.add(name->place, concat("'per': the column '", name->value,
                                   "' must be 'required: true': without it a row has no clock"));
  }
}

void SourceColumns::check_key(const std::vector<PlacedText>& key, ErrorList& errors) {
  for (const PlacedText& name : key) {
    ColumnSpec* column = expect_column(name, "key", errors);
    if (column == nullptr) continue;
    if (!is_null(column->default_value)) {
      errors.add(name.place, concat("'key': the column '", name.value,
                                    "' is always required and can have no default"));
    }
    column->required = true;
  }
}

void SourceColumns::need(std::string_view name) {
  const ColumnSpec* found = find(name);
  ENSURE(found != nullptr, "a bound name is a column");
  needed_[static_cast<std::size_t>(found - columns_.data())] = true;
}

void SourceColumns::need_declared() {
  std::fill_n(needed_.begin(), source_.columns.size(), true);
}

SourcePlan SourceColumns::plan() const {
  SourcePlan plan;
  plan.name = source_.name.value;
  plan.place = source_.name.place;
  for (const PlacedText& topic : source_.topics) plan.topics.push_back(topic.value);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (needed_[i]) {
      plan.columns.push_back(columns_[i]);
      plan.schema.fields.push_back({columns_[i].name, columns_[i].type});
    } else if (i < source_.columns.size()) {
      plan.skipped_columns.push_back(columns_[i].name);
    }
  }
  const auto position = [&](const PlacedText& name) {
    return plan.schema.find(name.value).value();
  };
  plan.time_column = position(source_.time.column);
  if (source_.time.clock_per) plan.clock_column = position(*source_.time.clock_per);
  if (source_.partitioned_by) {
    for (const PlacedText& name : *source_.partitioned_by) {
      plan.partitioned_by.push_back(position(name));
    }
  }
  plan.time = source_.time;
  plan.start = source_.start;
  plan.on_gap = source_.on_gap;
  return plan;
}

}  // namespace sitrep
