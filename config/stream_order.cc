// SPDX-License-Identifier: Apache-2.0
#include "config/stream_order.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/text.h"
#include "engine/sql/query.h"

namespace sitrep {
namespace {

/// Depth-first search; a stream met again while it is still open closes a cycle.
class Search {
 public:
  Search(const std::vector<StreamSpec>& streams, StreamOrder& result, ErrorList& errors)
      : streams_(streams), result_(result), errors_(errors), states_(streams.size()) {}

  void run() {
    for (std::size_t i = 0; i < streams_.size(); ++i) (void)visit(i);
  }

 private:
  enum class State { kNew, kOpen, kOrdered, kBlocked };

  /// Whether the stream could be put in order.
  bool visit(std::size_t stream) {
    if (states_[stream] == State::kOpen) complain(stream);
    if (states_[stream] != State::kNew) return states_[stream] == State::kOrdered;
    states_[stream] = State::kOpen;
    path_.push_back(stream);
    bool ordered = true;
    for (const std::size_t input : result_.reads[stream]) ordered = visit(input) && ordered;
    path_.pop_back();
    states_[stream] = ordered ? State::kOrdered : State::kBlocked;
    if (ordered) result_.order.push_back(stream);
    return ordered;
  }

  void complain(std::size_t stream) {
    std::vector<std::string> names;
    const auto first = std::find(path_.begin(), path_.end(), stream);
    for (auto step = first; step != path_.end(); ++step) {
      names.push_back(streams_[*step].name.value);
    }
    names.push_back(streams_[stream].name.value);
    errors_.add(streams_[stream].name.place,
                concat("these streams read each other: ", join(names, " reads ")));
  }

  const std::vector<StreamSpec>& streams_;
  StreamOrder& result_;
  ErrorList& errors_;
  std::vector<State> states_;
  std::vector<std::size_t> path_;
};

}  // namespace

StreamOrder order_streams(const std::vector<StreamSpec>& streams, ErrorList& errors) {
  std::map<std::string_view, std::size_t> positions;
  for (std::size_t i = 0; i < streams.size(); ++i) positions.emplace(streams[i].name.value, i);
  StreamOrder result;
  result.reads.resize(streams.size());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    std::vector<std::size_t>& reads = result.reads[i];
    for (const std::string& name : sql::referenced_streams(streams[i].sql.value)) {
      const auto found = positions.find(name);
      if (found == positions.end()) continue;
      if (std::find(reads.begin(), reads.end(), found->second) == reads.end()) {
        reads.push_back(found->second);
      }
    }
  }
  Search(streams, result, errors).run();
  return result;
}

}  // namespace sitrep
