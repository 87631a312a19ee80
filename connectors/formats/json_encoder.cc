// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/json_encoder.h"

#include <string>
#include <vector>

#include "connectors/formats/json_text.h"
#include "engine/base/ensure.h"

namespace sitrep {
namespace {

class JsonEncoder final : public Encoder {
 public:
  JsonEncoder(const Schema& schema, TimestampStyle style) : style_(style) {
    for (const Field& field : schema.fields) {
      std::string& prefix = prefixes_.emplace_back(prefixes_.empty() ? "{" : ",");
      append_json_string(prefix, field.name);
      prefix += ':';
    }
  }

  void encode(const ColumnBatch& batch, std::size_t row, std::string& out) override {
    DEBUG_ENSURE(batch.columns.size() == prefixes_.size(), "a batch of another schema");
    if (prefixes_.empty()) out += '{';
    for (std::size_t i = 0; i < prefixes_.size(); ++i) {
      out += prefixes_[i];
      append_json_cell(out, batch.column(i), row, style_);
    }
    out += '}';
  }

 private:
  const TimestampStyle style_;
  /// What stands before each value: `{"camp":`, `,"n":`.
  std::vector<std::string> prefixes_;
};

}  // namespace

std::unique_ptr<Encoder> make_json_encoder(const Schema& schema, TimestampStyle style) {
  return std::make_unique<JsonEncoder>(schema, style);
}

}  // namespace sitrep
