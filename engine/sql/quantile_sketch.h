// SPDX-License-Identifier: Apache-2.0
#pragma once
// Quantiles in bounded memory: DDSketch (Masson, Rim, Lee, PVLDB 12, 2019). Values are counted in
// buckets whose bounds grow by 1 %, so that the value of a rank is known within 0.5 % of itself;
// the lowest, the highest, zero and the infinities are exact, denormal numbers count as zero.
// Negative numbers have buckets of their own. Above kBucketsMax buckets of a sign (they span at
// least 8.8 decades) those nearest to zero are merged, which only blurs the smallest magnitudes.
// Mergeable in any order with the same result, as long as nothing was merged away.
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace sitrep::sql {

class QuantileSketch {
 public:
  static constexpr double kRelativeError = 0.005;
  static constexpr std::size_t kBucketsMax = 2048;

  /// NaN is above every other value, as in SQL.
  void add(double value);
  void merge(const QuantileSketch& other);
  std::uint64_t count() const { return count_; }
  /// The value of rank `fraction` * (count - 1), between two ranks in a straight line, as
  /// percentile_cont; count() must not be 0. Within 0.5 % of the exact one, where the two values
  /// beside it have the same sign; else within 0.5 % of the larger of them.
  double quantile(double fraction) const;

  void save(std::string& out) const;
  bool load(std::string_view& in);
  std::size_t heap_bytes() const;

 private:
  using Buckets = std::map<std::int32_t, std::uint64_t>;

  static std::int32_t bucket_of(double magnitude);
  static double value_of(std::int32_t bucket);
  static void collapse(Buckets& buckets);
  double clamped(double value) const;
  double value_at(std::uint64_t rank) const;

  Buckets positive_;
  Buckets negative_;  // by magnitude
  std::uint64_t zeros_ = 0;
  std::uint64_t nans_ = 0;
  std::uint64_t count_ = 0;
  double lowest_ = 0;
  double highest_ = 0;
};

}  // namespace sitrep::sql
