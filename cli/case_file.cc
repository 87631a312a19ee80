// SPDX-License-Identifier: Apache-2.0
#include "cli/case_file.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/base/text.h"
#include "engine/data/time_text.h"

namespace sitrep {
namespace {

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// Takes the text before the first `end` off the front of `in`; nothing when there is none.
std::optional<std::string_view> take_until(std::string_view& in, char end) {
  const auto at = in.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = in.substr(0, at);
  in.remove_prefix(at + 1);
  return taken;
}

std::optional<std::int64_t> to_number(std::string_view text) {
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

/// `topic[3]` at the front of `in`.
std::optional<TopicPartition> take_partition(std::string_view& in) {
  const auto topic = take_until(in, '[');
  if (!topic || topic->empty() || topic->find(' ') != std::string_view::npos) return std::nullopt;
  const auto number = take_until(in, ']');
  if (!number) return std::nullopt;
  const auto partition = to_number(*number);
  if (!partition || *partition < 0 || *partition > 1000) return std::nullopt;
  return TopicPartition{std::string(*topic), PartitionId(static_cast<std::int32_t>(*partition))};
}

class CaseParser {
 public:
  explicit CaseParser(std::string name) { case_.name = std::move(name); }

  Result<CaseFile> parse(std::string_view text) {
    while (!text.empty()) {
      ++line_;
      const auto end = std::min(text.find('\n'), text.size());
      const std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      TRY(take_line(line));
    }
    if (case_.job.empty() && !case_.job_file) return complain("there is no `--- job` section");
    return std::move(case_);
  }

 private:
  enum class Section { kTitle, kJob, kInput, kRows, kDeadLetters, kErrors };

  Error complain(std::string_view what) const {
    return invalid_config(concat(case_.name, ":", line_, ": ", what));
  }

  Result<void> take_line(std::string_view line) {
    if (line.starts_with("--- ")) return begin_section(trim(line.substr(4)));
    if (section_ == Section::kJob) {
      if (case_.job_file) return take_line_behind_a_job_file(line);
      case_.job += line;
      case_.job += '\n';
      return {};
    }
    const std::string_view text = trim(line);
    if (section_ == Section::kTitle) {
      if (!text.empty() && !text.starts_with('#')) {
        return complain("expected a comment (#) or `--- job`");
      }
      if (!text.empty()) {
        if (!case_.title.empty()) case_.title += ' ';
        case_.title += trim(text.substr(1));
      }
      return {};
    }
    if (text.empty() || text.starts_with('#')) return {};
    switch (section_) {
      case Section::kInput: return take_step(text);
      case Section::kRows: rows_->push_back({line_, std::string(text)}); return {};
      case Section::kDeadLetters:
        case_.dead_letters.push_back({line_, std::string(text)});
        return {};
      case Section::kErrors: case_.errors->push_back({line_, std::string(text)}); return {};
      case Section::kTitle:
      case Section::kJob: break;
    }
    return {};
  }

  Result<void> take_line_behind_a_job_file(std::string_view line) const {
    const std::string_view text = trim(line);
    if (text.empty() || text.starts_with('#')) return {};
    return complain(concat("the job is in ", *case_.job_file,
                           "; for a job that is written here, begin with `--- job` alone"));
  }

  Result<void> begin_section(std::string_view name) {
    if (name == "job" || name.starts_with("job ")) {
      section_ = Section::kJob;
      case_.job_line = line_;
      if (name != "job") case_.job_file = trim(name.substr(4));
    } else if (name == "input" || name == "input without end") {
      section_ = Section::kInput;
      case_.ends = name == "input";
    } else if (name == "expect dead letters") {
      section_ = Section::kDeadLetters;
    } else if (name == "expect errors") {
      section_ = Section::kErrors;
      case_.errors.emplace();
    } else if (name.starts_with("expect ")) {
      section_ = Section::kRows;
      rows_ = &rows_of(trim(name.substr(7)));
    } else {
      return complain(concat("unknown section `--- ", name,
                             "`; known are job, job FILE, input, input without end, expect "
                             "TOPIC, expect text TOPIC, expect headers TOPIC, expect dead "
                             "letters, expect errors"));
    }
    return {};
  }

  /// `TOPIC`, `text TOPIC` or `headers TOPIC`.
  std::vector<CaseExpectation>& rows_of(std::string_view what) {
    if (what.starts_with("headers ")) return case_.headers[std::string(trim(what.substr(8)))];
    if (!what.starts_with("text ")) return case_.expected[std::string(what)];
    const std::string topic(trim(what.substr(5)));
    case_.texts.insert(topic);
    return case_.expected[topic];
  }

  Result<void> take_step(std::string_view text) {
    if (text == "settle") {
      case_.input.push_back({line_, CaseSettle{}});
      return {};
    }
    if (text.starts_with("advance ")) {
      const auto by = parse_duration(trim(text.substr(8)));
      if (!by) return complain("`advance` takes a duration: `advance 30s`");
      case_.input.push_back({line_, CaseAdvance{*by}});
      return {};
    }
    if (text.starts_with("gap ")) {
      text.remove_prefix(4);
      const auto partition = take_partition(text);
      const auto offsets = to_number(trim(text));
      if (!partition || !offsets || *offsets <= 0) {
        return complain("`gap` takes a partition and a number of offsets: `gap topic[0] 3`");
      }
      case_.input.push_back({line_, CaseGap{*partition, *offsets}});
      return {};
    }
    return take_message(text);
  }

  /// topic[0] (key=K) (at=TIME) PAYLOAD
  Result<void> take_message(std::string_view text) {
    const auto partition = take_partition(text);
    if (!partition) {
      return complain(
          "expected `topic[partition] payload`, `advance DURATION`, `gap …` or `settle`");
    }
    std::int32_t& count = case_.partitions[partition->topic];
    count = std::max(count, partition->partition.value() + 1);
    CaseMessage message{.partition = *partition, .value = {}, .key = {}, .timestamp = {}};
    text = trim(text);
    while (text.starts_with("key=") || text.starts_with("at=")) {
      const auto end = std::min(text.find(' '), text.size());
      const std::string_view word = text.substr(0, end);
      if (word.starts_with("key=")) {
        message.key = word.substr(4);
      } else {
        message.timestamp = parse_timestamp(word.substr(3));
        if (!message.timestamp) return complain("`at=` takes an RFC 3339 time");
      }
      text = trim(text.substr(end));
    }
    if (text != "null") message.value = unescape(text);
    case_.input.push_back({line_, std::move(message)});
    return {};
  }

  /// `\n` in a payload stands for a line break: JSON lines in one message.
  static std::string unescape(std::string_view text) {
    static constexpr std::string_view kBreak = " \\n ";
    std::string out(text);
    for (auto at = out.find(kBreak); at != std::string::npos; at = out.find(kBreak, at)) {
      out.replace(at, kBreak.size(), "\n");
    }
    return out;
  }

  CaseFile case_;
  std::size_t line_ = 0;
  Section section_ = Section::kTitle;
  std::vector<CaseExpectation>* rows_ = nullptr;
};

}  // namespace

Result<CaseFile> parse_case(std::string name, std::string_view text) {
  return CaseParser(std::move(name)).parse(text);
}

}  // namespace sitrep
