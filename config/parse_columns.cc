// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "config/job_sections.h"
#include "config/map_reader.h"
#include "config/scalar_reader.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

const Choices<ColumnOrigin> kOrigins = {{"payload", ColumnOrigin::kPayload},
                                        {"key", ColumnOrigin::kKey},
                                        {"timestamp", ColumnOrigin::kTimestamp},
                                        {"partition", ColumnOrigin::kPartition},
                                        {"offset", ColumnOrigin::kOffset},
                                        {"header", ColumnOrigin::kHeader}};

const Choices<TimestampUnit> kUnits = {{"s", TimestampUnit::kSeconds},
                                       {"ms", TimestampUnit::kMillis},
                                       {"us", TimestampUnit::kMicros},
                                       {"ns", TimestampUnit::kNanos},
                                       {"rfc3339", TimestampUnit::kRfc3339}};

/// The type that a column from elsewhere than the payload has; nothing for the payload.
std::optional<Type> type_of(ColumnOrigin origin) {
  switch (origin) {
    case ColumnOrigin::kPayload: return std::nullopt;
    case ColumnOrigin::kKey: return Type::kText;
    case ColumnOrigin::kHeader: return Type::kText;
    case ColumnOrigin::kTimestamp: return Type::kTimestamp;
    case ColumnOrigin::kPartition: return Type::kBigint;
    case ColumnOrigin::kOffset: return Type::kBigint;
  }
  return std::nullopt;
}

bool is_number(Type type) { return type == Type::kBigint || type == Type::kDouble; }

/// Reads the declaration of one column.
class ColumnReader {
 public:
  ColumnReader(const PlacedText& name, const ConfigNode& node, ErrorList& errors)
      : node_(node), errors_(errors), what_(concat("column '", name.value, "'")) {
    column_.place = name.place;
    column_.spec.name = name.value;
    column_.spec.path = concat("/", name.value);
  }

  /// Nothing when not even the type could be read.
  std::optional<ColumnDeclaration> read() {
    if (node_.kind != ConfigNode::Kind::kMap) {  // the short form, `name: type`
      return read_type(&node_) ? std::optional(std::move(column_)) : std::nullopt;
    }
    MapReader map(node_, what_, errors_);
    const ConfigNode* type = map.find("type");
    const ConfigNode* from = map.find("from");
    const ConfigNode* path = map.find("path");
    const ConfigNode* unit = map.find("unit");
    const ConfigNode* required = map.find("required");
    const ConfigNode* standby = map.find("default");
    const ConfigNode* min = map.find("min");
    const ConfigNode* max = map.find("max");
    map.refuse_others();
    if (from != nullptr) read_origin(*from);
    if (!read_type(type)) return std::nullopt;
    if (path != nullptr) read_path(*path);
    if (unit != nullptr) read_unit(*unit);
    if (required != nullptr) {
      column_.spec.required = read_boolean(*required, "required", errors_).value_or(false);
    }
    if (min != nullptr) column_.spec.min = read_bound(*min, "min");
    if (max != nullptr) column_.spec.max = read_bound(*max, "max");
    check_range(min);
    if (standby != nullptr) read_default(*standby);
    return std::move(column_);
  }

 private:
  ColumnSpec& spec() { return column_.spec; }

  void read_origin(const ConfigNode& from) {
    const auto origin = read_choice(from, kOrigins, "from", errors_);
    if (!origin) return;
    spec().origin = *origin;
    if (*origin == ColumnOrigin::kHeader) spec().path = spec().name;
    else if (*origin != ColumnOrigin::kPayload) spec().path.clear();
  }

  bool read_type(const ConfigNode* node) {
    const auto implied = type_of(spec().origin);
    if (node == nullptr) {
      if (implied) spec().type = *implied;
      else errors_.add(column_.place, concat(what_, " needs 'type'"));
      return implied.has_value();
    }
    const auto text = read_text(*node, "type", errors_);
    if (!text) return false;
    const auto type = type_from_name(text->value);
    const std::vector<std::string> names = {"boolean", "bigint", "double", "text", "timestamp"};
    if (!type || *type == Type::kInterval) {
      errors_.add(text->place, concat(what_, ": unknown type '", text->value, "'",
                                      did_you_mean(text->value, names),
                                      "; known: ", join(names, ", ")));
      return false;
    }
    if (implied && *type != *implied) {
      errors_.add(text->place, concat(what_, ": what comes from there is ", to_string(*implied),
                                      ", not ", to_string(*type)));
      return false;
    }
    spec().type = *type;
    return true;
  }

  void read_path(const ConfigNode& node) {
    const auto path = read_text(node, "path", errors_);
    if (!path) return;
    const bool pointer = spec().origin == ColumnOrigin::kPayload;
    if (!pointer && spec().origin != ColumnOrigin::kHeader) {
      errors_.add(path->place, concat(what_, ": 'path' is for the payload and headers only"));
    } else if (pointer && path->value[0] != '/') {
      errors_.add(path->place,
                  concat("'path': expected a JSON pointer such as /position/lat, found '",
                         path->value, "'"));
    } else {
      spec().path = path->value;
    }
  }

  void read_unit(const ConfigNode& node) {
    if (spec().type != Type::kTimestamp) {
      if (const auto unit = read_text(node, "unit", errors_)) column_.unit = unit->value;
      return;
    }
    if (spec().origin != ColumnOrigin::kPayload) {
      errors_.add(node.place, concat(what_, ": 'unit' is for the payload only"));
      return;
    }
    if (const auto unit = read_choice(node, kUnits, "unit", errors_)) spec().unit = *unit;
  }

  std::optional<double> read_bound(const ConfigNode& node, std::string_view what) {
    if (is_number(spec().type)) return read_number(node, what, errors_);
    errors_.add(node.place, concat(what_, ": '", what, "' is for bigint and double, not ",
                                   to_string(spec().type)));
    return std::nullopt;
  }

  void check_range(const ConfigNode* min) {
    if (!spec().min || !spec().max || *spec().min <= *spec().max) return;
    errors_.add(min->place, concat(what_, ": 'min' ", *spec().min, " is above 'max' ",
                                   *spec().max));
  }

  void read_default(const ConfigNode& node) {
    auto value = read_value(node, spec().type, "default", errors_);
    if (!value) return;
    if (spec().required) {
      errors_.add(node.place, concat(what_, ": a required column has no default"));
      return;
    }
    if (out_of_range(*value)) {
      errors_.add(node.place, concat(what_, ": the default is outside its own range"));
      return;
    }
    spec().default_value = *std::move(value);
  }

  bool out_of_range(const Value& value) {
    double number = 0;
    if (const auto* whole = std::get_if<std::int64_t>(&value)) number = static_cast<double>(*whole);
    else if (const auto* real = std::get_if<double>(&value)) number = *real;
    else return false;
    return (spec().min && number < *spec().min) || (spec().max && number > *spec().max);
  }

  const ConfigNode& node_;
  ErrorList& errors_;
  const std::string what_;
  ColumnDeclaration column_;
};

}  // namespace

std::vector<ColumnDeclaration> parse_columns(const ConfigNode& node, ErrorList& errors) {
  std::vector<ColumnDeclaration> columns;
  if (node.kind != ConfigNode::Kind::kMap || node.entries.empty()) {
    errors.add(node.place, concat("'columns': expected a map of names to types, found ",
                                  to_string(node.kind)));
  }
  for (const auto& [name, declaration] : node.entries) {
    if (name.value.starts_with('_')) {
      errors.add(name.place, concat("column '", name.value, "': names with '_' in front are kept "
                                    "for _key, _timestamp, _partition and _offset"));
      continue;
    }
    if (!check_identifier(name, "column", errors)) continue;
    auto column = ColumnReader(name, declaration, errors).read();
    if (column) columns.push_back(*std::move(column));
  }
  return columns;
}

}  // namespace sitrep
