// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/cap_encoder.h"

#include <pugixml.hpp>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/formats/alert_columns.h"
#include "connectors/formats/clean_text.h"
#include "connectors/formats/cloud_event.h"
#include "connectors/formats/utf8.h"
#include "engine/base/text.h"
#include "engine/data/time_text.h"

namespace sitrep {
namespace {

constexpr std::size_t kHeadlineCharacters = 160;  // what CAP asks for, so that displays have room

/// How CAP grades what sitrep calls the severity.
struct Grade {
  std::string_view severity;
  const char* cap_urgency;
  const char* cap_severity;
  const char* cap_certainty;
};

constexpr std::array kGrades = {
    Grade{"critical", "Immediate", "Severe", "Observed"},
    Grade{"warning", "Expected", "Moderate", "Likely"},
    Grade{"info", "Future", "Minor", "Possible"},
};
constexpr Grade kUnknownGrade = {"", "Unknown", "Unknown", "Unknown"};

Grade grade_of(std::string_view severity) {
  const auto found = std::ranges::find(kGrades, severity, &Grade::severity);
  return found == kGrades.end() ? kUnknownGrade : *found;
}

/// CAP has whole seconds, and writes UTC as an offset: 2026-03-01T08:00:00-00:00.
std::string cap_time(Micros time) {
  std::string text = format_timestamp(time);
  text.resize(text.find('.'));
  return text + "-00:00";
}

/// All of `text` when it is short enough, else its front with an ellipsis.
std::string headline_of(std::string_view text) {
  std::size_t characters = 0;
  std::size_t at = 0;
  std::size_t cut = 0;
  while (at < text.size()) {
    if (++characters == kHeadlineCharacters) cut = at;
    at += utf8_step(text.substr(at)).bytes;
  }
  if (characters <= kHeadlineCharacters) return std::string(text);
  return concat(text.substr(0, cut), "…");
}

struct StringWriter final : pugi::xml_writer {
  explicit StringWriter(std::string& text) : out(text) {}
  void write(const void* data, std::size_t size) override {
    out.append(static_cast<const char*>(data), size);
  }
  std::string& out;
};

class CapEncoder final : public Encoder {
 public:
  CapEncoder(const Schema& schema, CapOptions options)
      : options_(std::move(options)),
        columns_(schema),
        schema_(schema),
        headers_(columns_, options_.job, "application/cap+xml") {
    const std::array elsewhere = {columns_.id,   columns_.alert,  columns_.at,    columns_.since,
                                  columns_.text, columns_.advice, columns_.labels};
    for (std::size_t i = 0; i < schema_.size(); ++i) {
      if (std::ranges::find(elsewhere, i) == elsewhere.end()) parameters_.push_back(i);
    }
  }

  void encode(const ColumnBatch& batch, std::size_t row, std::string& out) override {
    headers_.set(batch, row);
    document_.reset();
    pugi::xml_node declaration = document_.append_child(pugi::node_declaration);
    declaration.append_attribute("version") = "1.0";
    declaration.append_attribute("encoding") = "UTF-8";
    pugi::xml_node alert = document_.append_child("alert");
    alert.append_attribute("xmlns") = "urn:oasis:names:tc:emergency:cap:1.2";
    // Each element where the sequence of the XML schema wants it.
    add_envelope(alert, batch, row);
    add_info(alert.append_child("info"), batch, row);
    StringWriter writer(out);
    document_.save(writer, "", pugi::format_raw, pugi::encoding_utf8);
  }

  std::span<const HeaderView> headers() const override { return headers_.headers(); }

 private:
  /// Nothing for an empty text.
  void add(pugi::xml_node parent, const char* name, std::string_view text) {
    if (text.empty()) return;
    clean_.clear();
    append_clean(clean_, text, TextRule::kXml);
    parent.append_child(name).text().set(clean_.c_str());
  }

  void add_envelope(pugi::xml_node alert, const ColumnBatch& batch, std::size_t row) {
    const std::string_view id = text_at(batch, columns_.id, row);
    const std::int64_t revision = number_at(batch, columns_.revision, row);
    // What an episode says first is an alert, whatever it is; all that follows updates it.
    const bool updates = revision > 1;
    add(alert, "identifier", concat(id, ".", revision));
    add(alert, "sender", options_.sender);
    add(alert, "sent", cap_time(number_at(batch, columns_.at, row)));
    add(alert, "status", options_.status);
    add(alert, "msgType", updates ? "Update" : "Alert");
    add(alert, "scope", options_.scope);
    add(alert, "restriction", options_.restriction);
    add(alert, "addresses", options_.addresses);
    if (updates && !batch.column(columns_.raised_at).is_null(row)) {
      // Of the records before, a row knows when the first was sent.
      add(alert, "references", concat(options_.sender, ",", id, ".1,",
                                      cap_time(number_at(batch, columns_.raised_at, row))));
    }
  }

  void add_info(pugi::xml_node info, const ColumnBatch& batch, std::size_t row) {
    const std::string_view name = text_at(batch, columns_.alert, row);
    const std::string_view text = text_at(batch, columns_.text, row);
    const bool over = text_at(batch, columns_.change, row) == "cleared";
    const Grade grade = grade_of(text_at(batch, columns_.severity, row));
    add(info, "language", options_.language);
    add(info, "category", options_.category);
    add(info, "event", name);
    if (over) add(info, "responseType", "AllClear");
    add(info, "urgency", over ? "Past" : grade.cap_urgency);
    add(info, "severity", grade.cap_severity);
    add(info, "certainty", grade.cap_certainty);
    if (!batch.column(columns_.since).is_null(row)) {
      add(info, "onset", cap_time(number_at(batch, columns_.since, row)));
    }
    add(info, "headline", headline_of(text));
    add(info, "description", text);
    add(info, "instruction", text_at(batch, columns_.advice, row));
    for (const std::size_t column : parameters_) {
      add_parameter(info, schema_.fields[column].name, cell_text(batch, column, row));
    }
    add_labels(info, text_at(batch, columns_.labels, row));
    const std::string_view group = text_at(batch, columns_.group, row);
    const std::string_view place = group.empty() ? text_at(batch, columns_.key, row) : group;
    if (!place.empty()) add(info.append_child("area"), "areaDesc", place);
  }

  void add_parameter(pugi::xml_node info, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    pugi::xml_node parameter = info.append_child("parameter");
    add(parameter, "valueName", name);
    add(parameter, "value", value);
  }

  /// `labels` is the text of a JSON object of texts.
  void add_labels(pugi::xml_node info, std::string_view labels) {
    if (labels.empty()) return;
    simdjson::dom::object object;
    if (json_.parse(labels.data(), labels.size()).get(object) != simdjson::SUCCESS) return;
    for (const auto& [name, value] : object) {
      std::string_view text;
      if (value.get(text) == simdjson::SUCCESS) add_parameter(info, concat("labels.", name), text);
    }
  }

  static std::string cell_text(const ColumnBatch& batch, std::size_t column, std::size_t row) {
    const Column& cells = batch.column(column);
    if (cells.is_null(row)) return {};
    switch (cells.type()) {
      case Type::kText: return std::string(cells.texts()[row]);
      case Type::kTimestamp: return cap_time(cells.ints()[row]);
      default: return to_string(cells.value(row), cells.type());
    }
  }

  const CapOptions options_;
  const AlertColumns columns_;
  const Schema schema_;
  /// The columns that CAP has no element for.
  std::vector<std::size_t> parameters_;
  CloudEventHeaders headers_;
  pugi::xml_document document_;
  simdjson::dom::parser json_;
  std::string clean_;
};

}  // namespace

std::unique_ptr<Encoder> make_cap_encoder(const Schema& schema, CapOptions options) {
  return std::make_unique<CapEncoder>(schema, std::move(options));
}

}  // namespace sitrep
