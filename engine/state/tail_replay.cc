// SPDX-License-Identifier: Apache-2.0
#include "engine/state/tail_replay.h"

#include <algorithm>
#include <utility>

#include "engine/base/logging.h"
#include "engine/base/text.h"
#include "engine/log/patient_reader.h"

namespace sitrep {

TailReplay::TailReplay(Log& log, StateImage& image, Options options)
    : log_(log), image_(image), options_(std::move(options)), snapshot_(options_.snapshot) {}

TailReplay::~TailReplay() = default;

Result<bool> TailReplay::step() {
  switch (phase_) {
    case Phase::kDeciding:
      TRY(decide());
      break;
    case Phase::kScanning: {
      ASSIGN_OR_RETURN(const bool read, read_some());
      if (!read && reader_->position() >= end_) TRY(end_scan());
      break;
    }
    case Phase::kSnapshot: {
      ASSIGN_OR_RETURN(const bool read, read_some());
      if (!read && phase_ == Phase::kSnapshot && reader_->position() >= end_) {
        return lost("its newest snapshot is not complete");
      }
      break;
    }
    case Phase::kDeltas: {
      ASSIGN_OR_RETURN(const bool read, read_some());
      if (!read && phase_ == Phase::kDeltas && reader_->position() >= target_.next) {
        return lost(concat("offset ", target_.next.value() - 1, " holds no delta that follows ",
                           "what came before"));
      }
      break;
    }
    case Phase::kDone:
      break;
  }
  return phase_ == Phase::kDone;
}

int TailReplay::percent() const {
  if (phase_ == Phase::kDone) return 100;
  if (phase_ == Phase::kDeciding || end_ <= from_) return 0;
  const std::int64_t done = reader_ ? reader_->position().value() - from_.value() : 0;
  return static_cast<int>(
      std::clamp<std::int64_t>(done * 100 / (end_.value() - from_.value()), 0, 99));
}

Result<void> TailReplay::decide() {
  ASSIGN_OR_RETURN(const OffsetRange range, log_.offset_range(options_.state_log));
  if (options_.target) {
    target_ = *options_.target;
    return choose_begin();
  }
  read_from(range.begin);
  from_ = range.begin;
  end_ = range.end;
  phase_ = Phase::kScanning;
  return {};
}

void TailReplay::scan(const Whole& whole) {
  // The last life of the state is the one that counts.
  if (!scanned_any_ || whole.head.incarnation != target_.incarnation) {
    scanned_any_ = true;
    target_ = {.incarnation = whole.head.incarnation, .next = Offset(0)};
    snapshot_.reset();
    open_snapshot_.reset();
  }
  if (whole.head.kind == StateRecordKind::kDelta) {
    target_.next = whole.end;
    return;
  }
  if (whole.head.chunk == 0) {
    open_snapshot_ = SnapshotMark{.first_chunk = whole.begin, .position = whole.head.predecessor};
  }
  if (whole.head.chunk + 1 == whole.head.chunks && open_snapshot_ &&
      open_snapshot_->position == whole.head.predecessor) {
    snapshot_ = std::exchange(open_snapshot_, std::nullopt);
  }
}

Result<void> TailReplay::end_scan() {
  partial_.reset();
  return choose_begin();
}

Result<void> TailReplay::choose_begin() {
  ASSIGN_OR_RETURN(const OffsetRange range, log_.offset_range(options_.state_log));
  ASSIGN_OR_RETURN(const std::optional<ImagePosition> image, image_.position(options_.task));
  std::string why;
  if (image) {
    if (!image->mark) {
      why = "is not of a state log, or was not restored to its end";
    } else if (image->mark->incarnation != target_.incarnation) {
      why = "is of another incarnation of the state";
    } else if (image->mark->next > target_.next) {
      why =
          concat("is ahead of what is committed (", image->mark->next, ", not ", target_.next, ")");
    } else if (image->mark->next < range.begin && image->mark->next != target_.next) {
      why = concat("is older (", image->mark->next, ") than the state log goes back (", range.begin,
                   ")");
    }
    if (why.empty()) {
      applied_ = image->mark->next;
      from_ = std::max(applied_, range.begin);
      end_ = target_.next;
      phase_ = applied_ == target_.next ? Phase::kDone : Phase::kDeltas;
      read_from(from_);
      return {};
    }
  }
  outrun_ = snapshot_is_gone(range);
  if (outrun_) {
    return unavailable(concat("state log ", options_.state_log.topic, "[",
                              options_.state_log.partition, "] begins at ", range.begin,
                              "; the snapshot at ", snapshot_->first_chunk, ", of ",
                              snapshot_->position, ", is gone"));
  }
  if (image) {
    log_warning("the local image of ", options_.state_log.topic, "[", options_.state_log.partition,
                "] ", why, ": restoring all of it from the log");
    TRY(image_.drop(options_.task));
  }
  applied_ = Offset(0);
  if (target_.next == applied_) {
    phase_ = Phase::kDone;
    return {};
  }
  if (snapshot_) {
    from_ = snapshot_->first_chunk;
    end_ = target_.next;
    phase_ = Phase::kSnapshot;
    // Chunks may lie behind the last delta.
    if (end_ <= from_) end_ = range.end;
    read_from(from_);
    return {};
  }
  from_ = range.begin;
  end_ = target_.next;
  phase_ = Phase::kDeltas;
  read_from(from_);
  return {};
}

bool TailReplay::snapshot_is_gone(const OffsetRange& kept) const {
  if (!snapshot_ || target_.next == Offset(0)) return false;
  const bool needs_deltas = snapshot_->position != target_.next;
  return snapshot_->first_chunk < kept.begin || (needs_deltas && snapshot_->position < kept.begin);
}

void TailReplay::read_from(Offset from) {
  partial_.reset();
  candidate_.reset();
  reader_.reset();
  reading_from_ = from;
}

Result<bool> TailReplay::read_some() {
  if (!reader_) {
    ASSIGN_OR_RETURN(
        reader_,
        open_patient_reader(log_, {.partition = options_.state_log, .offset = reading_from_}));
  }
  RecordBatch batch;
  if (auto read = reader_->read(options_.step_records, batch); !read) {
    // Who had the task before us may have trimmed what we were about to read: a snapshot stands for
    // it, which is committed before anything is trimmed.
    ASSIGN_OR_RETURN(const OffsetRange range, log_.offset_range(options_.state_log));
    if (reader_->position() >= range.begin) return std::move(read).error();
    gathered_.clear();
    gathered_bytes_ = 0;
    reader_.reset();
    phase_ = Phase::kDeciding;
    return true;
  }
  const Phase phase = phase_;
  for (const RecordView& record : batch.records()) {
    TRY(take_record(record));
    // The next phase reads from elsewhere.
    if (phase_ != phase) break;
  }
  return !batch.empty();
}

Result<void> TailReplay::take_record(const RecordView& record) {
  auto head = decode_state_head(record.key.value_or(""));
  if (!head) {
    return std::move(head).error().with_context(concat("state log ", options_.state_log.topic, "[",
                                                       options_.state_log.partition, "], offset ",
                                                       record.offset));
  }
  if (head->piece == 0) {
    partial_ = Whole{.head = *head, .bytes = {}, .begin = record.offset, .end = record.offset};
  } else {
    StateRecordHead expected = *head;
    expected.piece = head->piece - 1;
    // The rest of something whose first pieces we have not.
    if (!partial_ || partial_->head != expected) {
      partial_.reset();
      return {};
    }
    partial_->head = *head;
  }
  partial_->bytes += record.value.value_or("");
  partial_->end = record.offset + 1;
  if (head->piece + 1 < head->pieces) return {};
  Whole whole = *std::move(partial_);
  partial_.reset();
  return take_whole(std::move(whole));
}

Result<void> TailReplay::take_whole(Whole whole) {
  if (phase_ == Phase::kScanning) {
    if (whole.end <= end_) scan(whole);
    return {};
  }
  if (whole.head.incarnation != target_.incarnation) return {};
  const bool is_delta = whole.head.kind == StateRecordKind::kDelta;
  if (phase_ == Phase::kSnapshot) {
    return is_delta ? Result<void>() : take_chunk(std::move(whole));
  }
  return is_delta ? take_delta(std::move(whole)) : Result<void>();
}

Result<void> TailReplay::take_chunk(Whole whole) {
  if (whole.head.predecessor != snapshot_->position) return {};
  const bool last = whole.head.chunk + 1 == whole.head.chunks;
  // Only the last chunk makes the image stand for something.
  std::optional<StateMark> mark;
  if (last) mark = StateMark{.incarnation = target_.incarnation, .next = snapshot_->position};
  TRY(apply(std::move(whole), mark));
  if (!last) return {};
  TRY(write());
  applied_ = snapshot_->position;
  from_ = applied_;
  end_ = target_.next;
  phase_ = applied_ == target_.next ? Phase::kDone : Phase::kDeltas;
  read_from(from_);
  return {};
}

Result<void> TailReplay::take_delta(Whole whole) {
  if (whole.end > target_.next) return {};
  if (candidate_) {
    if (whole.head.predecessor == candidate_->end) {
      const StateMark mark{.incarnation = target_.incarnation, .next = candidate_->end};
      TRY(apply(*std::exchange(candidate_, std::nullopt), mark));
      applied_ = mark.next;
    } else {
      ++orphans_;
      candidate_.reset();
    }
  }
  if (whole.head.predecessor != applied_) {
    ++orphans_;
    return {};
  }
  if (whole.end < target_.next) {
    candidate_ = std::move(whole);
    return {};
  }
  TRY(apply(std::move(whole), target_));
  TRY(write());
  applied_ = target_.next;
  phase_ = Phase::kDone;
  if (orphans_ > 0) log_debug(options_.state_log.topic, ": skipped ", orphans_, " orphans");
  return {};
}

Result<void> TailReplay::apply(Whole whole, std::optional<StateMark> mark) {
  auto decoded = decode_delta(whole.bytes);
  if (!decoded) {
    return unavailable(
        concat("state log ", options_.state_log.topic, "[", options_.state_log.partition,
               "], offset ", whole.begin, ": ", decoded.error().message()),
        Retry::kNever);
  }
  if (decoded->task != options_.task) {
    return lost(concat("offset ", whole.begin, " holds state of another task"));
  }
  gathered_bytes_ += whole.bytes.size();
  replayed_bytes_ += whole.bytes.size();
  gathered_.push_back({.task = options_.task,
                       .position = std::move(decoded->position),
                       .bytes = std::move(whole.bytes),
                       .mark = mark});
  return gathered_bytes_ >= options_.write_bytes ? write() : Result<void>();
}

Result<void> TailReplay::write() {
  if (gathered_.empty()) return {};
  TRY(image_.write(gathered_));
  gathered_.clear();
  gathered_bytes_ = 0;
  return {};
}

Error TailReplay::lost(std::string_view what) const {
  return unavailable(
      concat("state log ", options_.state_log.topic, "[", options_.state_log.partition,
             "] cannot give the state back: ", what, ". `sitrep reset` begins the stage anew"),
      Retry::kNever);
}

}  // namespace sitrep
