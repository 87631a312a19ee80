// SPDX-License-Identifier: Apache-2.0
// Saved: count, NaNs, zeros, lowest, highest, then for the positive and the negative buckets their
// number and each bucket's number and count.
#include "engine/sql/quantile_sketch.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/ensure.h"
#include "engine/sql/accumulator_form.h"

namespace sitrep::sql {
namespace {

/// Each bucket's upper bound is this factor above its lower one.
const double kGrowth = (1 + QuantileSketch::kRelativeError) / (1 - QuantileSketch::kRelativeError);
const double kLogGrowth = std::log(kGrowth);

/// A bucket's value lies this far (as a logarithm) below its upper bound: equally near, relative to
/// themselves, to both bounds.
const double kLogMiddle = std::log((kGrowth + 1) / 2);

/// Below this a magnitude counts as zero.
constexpr double kSmallest = std::numeric_limits<double>::min();
constexpr double kLargest = std::numeric_limits<double>::max();

/// Infinity's own; those of finite numbers are within ±71,000.
constexpr std::int32_t kInfiniteBucket = 100'000;

/// Bytes of a node of std::map.
constexpr std::size_t kNodeBytes = 64;

bool is_count(std::uint64_t rows) { return rows <= static_cast<std::uint64_t>(kRowsMax); }

template <typename Map>
void save_buckets(const Map& buckets, std::string& out) {
  put(out, static_cast<std::uint64_t>(buckets.size()));
  for (const auto& [bucket, count] : buckets) {
    put(out, std::int64_t{bucket});
    put(out, count);
  }
}

template <typename Map>
bool load_buckets(std::string_view& in, Map& buckets, std::uint64_t& total) {
  std::uint64_t size = 0;
  if (!take(in, size) || size > QuantileSketch::kBucketsMax) return false;
  for (std::uint64_t i = 0; i < size; ++i) {
    std::int64_t bucket = 0;
    std::uint64_t count = 0;
    if (!take(in, bucket) || !take(in, count)) return false;
    if (bucket < -kInfiniteBucket || bucket > kInfiniteBucket) return false;
    if (!buckets.empty() && bucket <= buckets.rbegin()->first) return false;
    if (count == 0 || !is_count(count)) return false;
    buckets.emplace_hint(buckets.end(), static_cast<std::int32_t>(bucket), count);
    total += count;
  }
  return true;
}

}  // namespace

std::int32_t QuantileSketch::bucket_of(double magnitude) {
  if (std::isinf(magnitude)) return kInfiniteBucket;
  return static_cast<std::int32_t>(std::ceil(std::log(magnitude) / kLogGrowth));
}

double QuantileSketch::value_of(std::int32_t bucket) {
  if (bucket == kInfiniteBucket) return std::numeric_limits<double>::infinity();
  return std::min(std::exp(kLogGrowth * bucket - kLogMiddle), kLargest);
}

void QuantileSketch::collapse(Buckets& buckets) {
  while (buckets.size() > kBucketsMax) {
    const auto first = buckets.begin();
    std::next(first)->second += first->second;
    buckets.erase(first);
  }
}

void QuantileSketch::add(double value) {
  ++count_;
  if (std::isnan(value)) {
    ++nans_;
    return;
  }
  const bool first = count_ - nans_ == 1;
  lowest_ = first ? value : std::min(lowest_, value);
  highest_ = first ? value : std::max(highest_, value);
  const double magnitude = std::fabs(value);
  if (magnitude < kSmallest) {
    ++zeros_;
    return;
  }
  Buckets& buckets = value > 0 ? positive_ : negative_;
  ++buckets[bucket_of(magnitude)];
  collapse(buckets);
}

void QuantileSketch::merge(const QuantileSketch& other) {
  if (other.count_ > other.nans_) {
    const bool first = count_ == nans_;
    lowest_ = first ? other.lowest_ : std::min(lowest_, other.lowest_);
    highest_ = first ? other.highest_ : std::max(highest_, other.highest_);
  }
  for (const auto& [bucket, count] : other.positive_) positive_[bucket] += count;
  for (const auto& [bucket, count] : other.negative_) negative_[bucket] += count;
  collapse(positive_);
  collapse(negative_);
  zeros_ += other.zeros_;
  nans_ += other.nans_;
  count_ += other.count_;
}

double QuantileSketch::clamped(double value) const {
  return std::clamp(value, lowest_, highest_);
}

double QuantileSketch::quantile(double fraction) const {
  ENSURE(count_ > 0, "a quantile of no values");
  const double position = fraction * static_cast<double>(count_ - 1);
  const auto rank = static_cast<std::uint64_t>(position);
  const double weight = position - static_cast<double>(rank);
  const double low = value_at(rank);
  if (weight == 0) return low;
  const double high = value_at(rank + 1);
  if (low == high) return low;
  if (std::isinf(low) || std::isinf(high)) return low + high;
  return std::lerp(low, high, weight);
}

double QuantileSketch::value_at(std::uint64_t rank) const {
  if (rank >= count_ - nans_) return std::numeric_limits<double>::quiet_NaN();
  if (rank == 0) return lowest_;
  if (rank == count_ - nans_ - 1) return highest_;
  std::uint64_t below = 0;
  for (auto bucket = negative_.rbegin(); bucket != negative_.rend(); ++bucket) {
    below += bucket->second;
    if (rank < below) return clamped(-value_of(bucket->first));
  }
  below += zeros_;
  if (rank < below) return clamped(0);
  for (const auto& [bucket, count] : positive_) {
    below += count;
    if (rank < below) return clamped(value_of(bucket));
  }
  return highest_;
}

void QuantileSketch::save(std::string& out) const {
  put(out, count_);
  put(out, nans_);
  put(out, zeros_);
  put(out, lowest_);
  put(out, highest_);
  save_buckets(positive_, out);
  save_buckets(negative_, out);
}

bool QuantileSketch::load(std::string_view& in) {
  QuantileSketch read;
  std::uint64_t total = 0;
  const bool good = take(in, read.count_) && take(in, read.nans_) && take(in, read.zeros_) &&
                    take(in, read.lowest_) && take(in, read.highest_) &&
                    load_buckets(in, read.positive_, total) &&
                    load_buckets(in, read.negative_, total);
  if (!good || !is_count(read.zeros_) || !is_count(read.nans_) || !is_count(read.count_)) {
    return false;
  }
  if (total + read.zeros_ + read.nans_ != read.count_) return false;
  if (!(read.lowest_ <= read.highest_)) return false;
  *this = std::move(read);
  return true;
}

std::size_t QuantileSketch::heap_bytes() const {
  return (positive_.size() + negative_.size()) * kNodeBytes;
}

}  // namespace sitrep::sql
