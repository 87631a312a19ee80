// SPDX-License-Identifier: Apache-2.0
#pragma once
// One value as SQL text and back, as PostgreSQL 15 writes and reads it. The readers trim white
// space and return false when the text is not wholly such a value. Thread-safe.

#include <cstdint>
#include <string>
#include <string_view>

namespace sitrep::sql {

void write_boolean(std::uint8_t value, std::string& out);
void write_bigint(std::int64_t value, std::string& out);
/// Shortest digits; exponent form below 1e-4 and from 1e15 on ("1e+15"); Infinity, NaN.
void write_double(double value, std::string& out);
/// 2026-01-26 15:55:00.25
void write_timestamp(std::int64_t micros, std::string& out);
/// 1 day 02:00:00.5, -2 days -00:00:01
void write_interval(std::int64_t micros, std::string& out);

/// true, yes, on, 1 and their beginnings, any case; likewise false.
bool read_boolean(std::string_view text, std::uint8_t& out);
bool read_bigint(std::string_view text, std::int64_t& out);
bool read_double(std::string_view text, double& out);
bool read_timestamp(std::string_view text, std::int64_t& out);
bool read_interval(std::string_view text, std::int64_t& out);

}  // namespace sitrep::sql
