// SPDX-License-Identifier: Apache-2.0
#include "engine/log/memory_log.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/base/hash.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

std::optional<std::string_view> view(const std::optional<std::string>& text) {
  return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

std::optional<std::string> own(std::optional<std::string_view> text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

}  // namespace

class MemoryLog::Reader final : public PartitionReader {
 public:
  enum class Place { kInGroup, kOutside };

  Reader(MemoryLog& log, TopicPartition name, Offset start, Place place, bool with_headers)
      : log_(log),
        name_(std::move(name)),
        place_(place),
        with_headers_(with_headers),
        partition_(log.partitions_[name_]),
        position_(start) {}

  Result<void> read(std::size_t records_max, RecordBatch& out) override {
    if (ended_) return {};
    const bool refused =
        place_ == Place::kOutside && log_.fault(MemoryLogFaults::Point::kReadRefused);
    if (refused || position_ < partition_.begin || position_ > partition_.end) {
      ended_ = true;
      return unavailable(concat("reading ", name_.topic, "[", name_.partition, "] from offset ",
                                position_, ": it has ", partition_.begin, " to ", partition_.end),
                         Retry::kNever);
    }
    if (log_.fault(MemoryLogFaults::Point::kNothingRead)) return {};
    const Offset stable = log_.last_stable(partition_);
    const auto& all = partition_.records;
    auto next = std::lower_bound(
        all.begin(), all.end(), position_,
        [](const StoredRecord& record, Offset offset) { return record.offset < offset; });
    for (; next != all.end() && next->offset < stable && records_max > 0; ++next) {
      position_ = next->offset + 1;
      if (!log_.is_visible(partition_, next->offset)) continue;
      --records_max;
      std::vector<HeaderView> headers;
      if (with_headers_) {
        for (const StoredHeader& header : next->headers) {
          headers.push_back({.name = header.name, .value = view(header.value)});
        }
      }
      out.append({.offset = next->offset,
                  .timestamp = next->timestamp,
                  .key = view(next->key),
                  .value = view(next->value),
                  .headers = headers});
    }
    if (next == all.end() || next->offset >= stable) position_ = std::max(position_, stable);
    return {};
  }
  Offset position() const override { return position_; }
  std::optional<Offset> known_end() const override { return log_.last_stable(partition_); }

 private:
  MemoryLog& log_;
  const TopicPartition name_;
  const Place place_;
  const bool with_headers_;
  const Partition& partition_;
  Offset position_;
  /// After an error, as librdkafka's.
  bool ended_ = false;
};

class MemoryLog::Group final : public GroupReader {
 public:
  Group(MemoryLog& log, GroupOptions options)
      : log_(log),
        options_(std::move(options)),
        coordinator_(log.groups_[options_.group]),
        member_(coordinator_.join(options_.instance, options_.topics)) {}

  Result<std::optional<AssignmentChange>> poll(Micros) override {
    using Kind = MemoryGroup::Word::Kind;
    MemoryGroup::Word word = coordinator_.ask(member_, log_.topics_);
    AssignmentChange change{.kind = AssignmentChange::Kind::kAssigned,
                            .partitions = std::move(word.partitions)};
    switch (word.kind) {
      case Kind::kNothing:
        return std::optional<AssignmentChange>();
      case Kind::kGiveBack:
        change.kind = AssignmentChange::Kind::kRevoked;
        break;
      case Kind::kLost:
        change.kind = AssignmentChange::Kind::kLost;
        break;
      case Kind::kTake:
        change.generation = coordinator_.generation_of(member_);
        break;
      case Kind::kFenced:
        return unavailable(
            concat("the member of instance ", options_.instance, " was replaced by another one"));
    }
    return std::optional(std::move(change));
  }
  Result<std::vector<std::optional<CommittedOffset>>> committed(
      std::span<const TopicPartition> partitions) override {
    if (log_.fault(MemoryLogFaults::Point::kCommittedOffsets)) {
      return unavailable("the coordinator does not answer");
    }
    std::vector<std::optional<CommittedOffset>> out;
    const auto& offsets = log_.committed_[options_.group];
    for (const TopicPartition& partition : partitions) {
      if (log_.has_unstable_offset(options_.group, partition)) {
        return unavailable("a transaction with these offsets is open");
      }
      const auto found = offsets.find(partition);
      out.push_back(found == offsets.end() ? std::nullopt : std::optional(found->second));
    }
    return out;
  }
  Result<std::vector<std::unique_ptr<PartitionReader>>> assign(
      std::span<const StartPosition> starts) override {
    std::vector<std::unique_ptr<PartitionReader>> readers;
    for (const StartPosition& start : starts) {
      readers.push_back(std::make_unique<Reader>(log_, start.partition, start.offset,
                                                 Reader::Place::kInGroup,
                                                 options_.header_topics.contains(
                                                     start.partition.topic)));
    }
    return readers;
  }
  Result<void> unassign() override {
    coordinator_.gave_back(member_);
    return {};
  }
  Result<void> leave() override {
    coordinator_.leave(member_);
    return {};
  }

 private:
  MemoryLog& log_;
  const GroupOptions options_;
  MemoryGroup& coordinator_;
  const MemoryGroup::MemberId member_;
};

/// Without transactions: records show at the commit, state records at once.
class MemoryLog::Writer final : public LogWriter {
 public:
  Writer(MemoryLog& log, WriterOptions options) : log_(log), options_(std::move(options)) {}

  Result<TopicId> open_topic(const std::string& topic) override {
    return log_.number_topic(topic, topics_);
  }
  Result<void> begin() override {
    open_.clear();
    return {};
  }
  Result<void> append(const OutputBatch& batch) override {
    for (const OutputRecord& record : batch.records()) {
      open_.emplace_back(log_.choose_partition(record, topics_), log_.stored(record));
    }
    return {};
  }
  Result<std::vector<Offset>> append_located(const OutputBatch& batch) override {
    std::vector<Offset> offsets;
    for (const OutputRecord& record : batch.records()) {
      offsets.push_back(log_.append(log_.choose_partition(record, topics_), log_.stored(record)));
    }
    return offsets;
  }
  Result<void> commit(std::span<const CommittedPosition> positions, const Generation&) override {
    const bool fail = log_.failing_commits_ > 0;
    if (fail) --log_.failing_commits_;
    if (!fail || log_.failed_commit_ == FailedCommit::kHadCommitted) {
      for (auto& [partition, record] : open_) log_.append(partition, std::move(record));
      for (const CommittedPosition& position : positions) {
        log_.committed_[options_.group][position.partition] = {.next = position.next,
                                                               .metadata = position.metadata};
      }
    }
    open_.clear();
    if (fail) return unavailable("the commit's answer was lost");
    return {};
  }
  Result<void> abort() override {
    open_.clear();
    return {};
  }

 private:
  MemoryLog& log_;
  const WriterOptions options_;
  std::vector<std::string> topics_;
  std::vector<std::pair<TopicPartition, StoredRecord>> open_;
};

class MemoryLog::TransactionalWriter final : public LogWriter {
 public:
  TransactionalWriter(MemoryLog& log, WriterOptions options)
      : log_(log),
        options_(std::move(options)),
        producer_(log.producers_[concat(options_.group, "-", options_.instance)]) {
    take_the_name();
  }

  Result<TopicId> open_topic(const std::string& topic) override {
    return log_.number_topic(topic, topics_);
  }
  Result<void> begin() override { return check_fenced(); }
  Result<void> append(const OutputBatch& batch) override {
    ASSIGN_OR_RETURN([[maybe_unused]] const auto offsets, append_located(batch));
    return {};
  }
  Result<std::vector<Offset>> append_located(const OutputBatch& batch) override {
    TRY(check_fenced());
    if (log_.fault(MemoryLogFaults::Point::kAppend)) return unavailable("records were lost");
    Transaction& transaction = open_transaction();
    std::vector<Offset> offsets;
    for (const OutputRecord& record : batch.records()) {
      const TopicPartition partition = log_.choose_partition(record, topics_);
      transaction.touched.insert(partition);
      Partition& stored = log_.partitions_[partition];
      stored.transactions[stored.end] = *producer_.current;
      offsets.push_back(log_.append(partition, log_.stored(record)));
      stored.visible_is_old = true;
    }
    return offsets;
  }
  Result<void> commit(std::span<const CommittedPosition> positions,
                      const Generation& generation) override {
    TRY(check_fenced());
    if (!producer_.current && positions.empty()) return {};
    Transaction& transaction = open_transaction();
    if (!positions.empty() && !log_.groups_[options_.group].may_commit(generation)) {
      return unavailable(concat("the group does not know generation ", generation.bytes));
    }
    if (log_.fault(MemoryLogFaults::Point::kCommitUndecided)) {
      return unavailable("the commit did not get through");
    }
    transaction.group = options_.group;
    transaction.positions.assign(positions.begin(), positions.end());
    const TransactionId id = *producer_.current;
    log_.decide(id, Transaction::State::kCommitted);
    if (!log_.fault(MemoryLogFaults::Point::kMarkersLate)) log_.write_markers(id);
    if (log_.fault(MemoryLogFaults::Point::kCommitAnswerLost)) {
      return unavailable("the commit's answer was lost");
    }
    fenced_before_ = false;
    return {};
  }
  Result<void> abort() override {
    if (epoch_ != producer_.epoch) {
      if (std::exchange(fenced_before_, true)) {
        return unavailable(concat("another process writes as instance ", options_.instance),
                           Retry::kNever);
      }
      take_the_name();
      return {};
    }
    if (log_.fault(MemoryLogFaults::Point::kAbort)) return unavailable("the abort got lost");
    settle();
    return {};
  }

 private:
  Result<void> check_fenced() const {
    if (epoch_ == producer_.epoch) return {};
    return unavailable("a newer writer of the same name fenced this one");
  }
  /// As init_transactions: what the name had open is aborted, what was decided stays.
  void take_the_name() {
    settle();
    epoch_ = ++producer_.epoch;
  }
  void settle() {
    if (!producer_.current) return;
    const TransactionId id = *std::exchange(producer_.current, std::nullopt);
    if (log_.transactions_[id].state == Transaction::State::kOpen) {
      log_.decide(id, Transaction::State::kAborted);
    }
    log_.write_markers(id);
  }
  Transaction& open_transaction() {
    // The one before is decided: its markers come first.
    if (producer_.current &&
        log_.transactions_[*producer_.current].state != Transaction::State::kOpen) {
      settle();
    }
    if (!producer_.current) {
      producer_.current = log_.transactions_.size() + 1;
      log_.transactions_[*producer_.current] = {};
    }
    return log_.transactions_[*producer_.current];
  }

  MemoryLog& log_;
  const WriterOptions options_;
  Producer& producer_;
  std::uint64_t epoch_ = 0;
  bool fenced_before_ = false;
  std::vector<std::string> topics_;
};

Result<TopicId> MemoryLog::number_topic(const std::string& topic,
                                        std::vector<std::string>& numbered) const {
  if (!topics_.contains(topic)) return invalid_config(concat("no topic ", topic));
  numbered.push_back(topic);
  return TopicId(static_cast<std::uint32_t>(numbered.size() - 1));
}

TopicPartition MemoryLog::choose_partition(const OutputRecord& record,
                                           const std::vector<std::string>& topics) const {
  const std::string& topic = topics[record.topic.value()];
  if (record.partition) return {topic, *record.partition};
  const auto count = static_cast<std::uint64_t>(topics_.at(topic));
  const std::uint64_t hash = record.key ? hash_bytes(*record.key) : 0;
  return {topic, PartitionId(static_cast<std::int32_t>(hash % count))};
}

MemoryLog::StoredRecord MemoryLog::stored(const OutputRecord& record) const {
  StoredRecord out{.offset = Offset(0),
                   .timestamp = record.timestamp.value_or(clock_.now()),
                   .key = own(record.key),
                   .value = own(record.value),
                   .headers = {}};
  for (const HeaderView& header : record.headers) {
    out.headers.push_back({std::string(header.name), own(header.value)});
  }
  return out;
}

bool MemoryLog::is_undecided(TransactionId transaction) const {
  return !transactions_.at(transaction).markers_written;
}

Offset MemoryLog::last_stable(const Partition& partition) const {
  auto next = partition.transactions.lower_bound(partition.decided_before);
  for (; next != partition.transactions.end(); ++next) {
    if (is_undecided(next->second)) return next->first;
    partition.decided_before = next->first + 1;
  }
  return partition.end;
}

bool MemoryLog::is_visible(const Partition& partition, Offset offset) const {
  const auto found = partition.transactions.find(offset);
  return found == partition.transactions.end() ||
         transactions_.at(found->second).state == Transaction::State::kCommitted;
}

void MemoryLog::decide(TransactionId id, Transaction::State state) {
  Transaction& transaction = transactions_[id];
  transaction.state = state;
  if (state != Transaction::State::kCommitted) return;
  for (const CommittedPosition& position : transaction.positions) {
    committed_[transaction.group][position.partition] = {.next = position.next,
                                                         .metadata = position.metadata};
  }
}

void MemoryLog::write_markers(TransactionId id) {
  Transaction& transaction = transactions_[id];
  if (std::exchange(transaction.markers_written, true)) return;
  for (const TopicPartition& touched : transaction.touched) {
    Partition& partition = partitions_[touched];
    ++partition.end;
    partition.visible_is_old = true;
  }
}

bool MemoryLog::has_unstable_offset(const std::string& group,
                                    const TopicPartition& partition) const {
  return std::ranges::any_of(transactions_, [&](const auto& entry) {
    const Transaction& transaction = entry.second;
    return transaction.group == group && !transaction.markers_written &&
           std::ranges::any_of(transaction.positions, [&](const CommittedPosition& position) {
             return position.partition == partition;
           });
  });
}

void MemoryLog::settle_markers() {
  for (auto& [id, transaction] : transactions_) {
    if (transaction.state != Transaction::State::kOpen) write_markers(id);
  }
}

void MemoryLog::expire_member(const std::string& group, const std::string& instance) {
  groups_[group].expire(instance);
}

Generation MemoryLog::current_generation(const std::string& group,
                                         const std::string& instance) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? Generation() : found->second.generation_of_instance(instance);
}

void MemoryLog::time_out_transaction(const std::string& group, const std::string& instance) {
  Producer& producer = producers_[concat(group, "-", instance)];
  if (!producer.current || transactions_[*producer.current].state != Transaction::State::kOpen) {
    return;
  }
  const TransactionId id = *std::exchange(producer.current, std::nullopt);
  decide(id, Transaction::State::kAborted);
  write_markers(id);
  ++producer.epoch;
}

Offset MemoryLog::append(const TopicPartition& partition, StoredRecord record) {
  Partition& to = partitions_[partition];
  record.offset = to.end;
  ++to.end;
  to.records.push_back(std::move(record));
  if (!to.transactions.empty()) to.visible_is_old = true;
  return to.records.back().offset;
}

void MemoryLog::skip_offsets(const TopicPartition& partition, std::int64_t count) {
  Partition& to = partitions_[partition];
  to.end = to.end + count;
}

const std::vector<MemoryLog::StoredRecord>& MemoryLog::records(
    const TopicPartition& partition) const {
  static const std::vector<StoredRecord> kNone;
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return kNone;
  const Partition& from = found->second;
  if (from.transactions.empty()) return from.records;
  if (std::exchange(from.visible_is_old, false)) {
    const Offset stable = last_stable(from);
    from.visible.clear();
    std::ranges::copy_if(from.records, std::back_inserter(from.visible),
                         [&](const StoredRecord& record) {
                           return record.offset < stable && is_visible(from, record.offset);
                         });
  }
  return from.visible;
}

void MemoryLog::fail_next_commits(std::size_t count, FailedCommit outcome) {
  failing_commits_ = count;
  failed_commit_ = outcome;
}

Result<std::optional<std::int32_t>> MemoryLog::partition_count(const std::string& topic) {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return std::optional<std::int32_t>();
  return std::optional(found->second);
}

Result<void> MemoryLog::create_topic(const std::string& topic, const TopicOptions& options) {
  const auto [found, made] = topics_.emplace(topic, options.partitions);
  if (!made) return invalid_config(concat("topic ", topic, " exists"));
  settings_[topic] = options.settings;
  for (std::int32_t i = 0; i < options.partitions; ++i) partitions_[{topic, PartitionId(i)}];
  return {};
}

Result<std::map<std::string, std::string>> MemoryLog::topic_settings(const std::string& topic) {
  return settings_[topic];
}

Result<std::unique_ptr<PartitionReader>> MemoryLog::open_reader(const StartPosition& start) {
  if (fault(MemoryLogFaults::Point::kReaderNotOpened)) {
    return unavailable("the reader cannot be opened now");
  }
  return std::unique_ptr<PartitionReader>(
      std::make_unique<Reader>(*this, start.partition, start.offset, Reader::Place::kOutside,
                               /*with_headers=*/true));
}

Result<void> MemoryLog::trim(const TopicPartition& partition, Offset before) {
  Partition& stored = partitions_[partition];
  stored.begin = std::max(stored.begin, before);
  std::erase_if(stored.records,
                [&](const StoredRecord& record) { return record.offset < stored.begin; });
  std::erase_if(stored.transactions, [&](const auto& entry) { return entry.first < stored.begin; });
  stored.visible_is_old = true;
  return {};
}

Result<Offset> MemoryLog::written_end(const TopicPartition& partition) {
  return partitions_[partition].end;
}

Result<OffsetRange> MemoryLog::offset_range(const TopicPartition& partition) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) {
    return invalid_config(concat("no partition ", partition.topic, "[", partition.partition, "]"));
  }
  return OffsetRange{.begin = found->second.begin, .end = last_stable(found->second)};
}

Result<std::vector<GroupMember>> MemoryLog::members(const std::string& group) {
  std::vector<GroupMember> out;
  for (std::string& instance : groups_[group].instances()) {
    out.push_back({.instance = std::move(instance)});
  }
  return out;
}

Result<std::unique_ptr<GroupReader>> MemoryLog::join(const GroupOptions& options) {
  for (const std::string& topic : options.topics) {
    if (!topics_.contains(topic)) return invalid_config(concat("no topic ", topic));
  }
  return std::unique_ptr<GroupReader>(std::make_unique<Group>(*this, options));
}

Result<std::unique_ptr<LogWriter>> MemoryLog::open_writer(const WriterOptions& options) {
  if (options.transactional) {
    return std::unique_ptr<LogWriter>(std::make_unique<TransactionalWriter>(*this, options));
  }
  return std::unique_ptr<LogWriter>(std::make_unique<Writer>(*this, options));
}

}  // namespace sitrep
