// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/alert_encoder.h"

#include <string_view>
#include <vector>

#include "connectors/formats/alert_columns.h"
#include "connectors/formats/cloud_event.h"
#include "connectors/formats/json_text.h"
#include "engine/base/ensure.h"

namespace sitrep {
namespace {

class AlertEncoder final : public Encoder {
 public:
  AlertEncoder(const Schema& schema, const std::string& job)
      : columns_(schema), headers_(columns_, job, "application/json") {
    for (const Field& field : schema.fields) {
      std::string& prefix = prefixes_.emplace_back(",");
      append_json_string(prefix, field.name);
      prefix += ':';
    }
  }

  void encode(const ColumnBatch& batch, std::size_t row, std::string& out) override {
    DEBUG_ENSURE(batch.columns.size() == prefixes_.size(), "a batch of another schema");
    headers_.set(batch, row);
    out += R"({"schema":"alert.v1")";
    for (std::size_t i = 0; i < prefixes_.size(); ++i) {
      out += prefixes_[i];
      const std::string_view object = i == columns_.labels ? text_at(batch, i, row) : "";
      if (object.empty()) {
        append_json_cell(out, batch.column(i), row, TimestampStyle::kRfc3339);
      } else {
        out += object;
      }
    }
    out += '}';
  }

  std::span<const HeaderView> headers() const override { return headers_.headers(); }

 private:
  const AlertColumns columns_;
  CloudEventHeaders headers_;
  /// What stands before each value: `,"id":`.
  std::vector<std::string> prefixes_;
};

}  // namespace

std::unique_ptr<Encoder> make_alert_encoder(const Schema& schema, const std::string& job) {
  return std::make_unique<AlertEncoder>(schema, job);
}

}  // namespace sitrep
