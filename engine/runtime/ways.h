// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which ways the rows of a task's inputs take to its nodes, and what is to be done where those of
// one input meet again (decision 0014): a node behind row-wise operators is called once with all
// that a batch brought by these ways; for any other the input is read row by row, because a batch
// that ran through one way first would move the clock, and fire windows, before the earlier rows
// of the other way come. Nodes are added in an order in which each comes after its inputs. Used
// only by its worker.

#include <cstddef>
#include <map>
#include <set>
#include <vector>

#include "engine/runtime/topology.h"

namespace sitrep {

class Ways {
 public:
  /// What there is to do at one node; inputs of the node are those of its gate.
  struct Meeting {
    /// Inputs of the node whose rows are to be put together, each group by itself, of two or more.
    struct Group {
      std::vector<std::size_t> inputs;
      /// Inputs of the task that come by each of them.
      std::set<std::size_t> fed_by;
    };
    std::vector<Group> groups;
    /// Inputs of the task that are to be read row by row.
    std::set<std::size_t> row_by_row;
  };

  /// The inputs of the task by source of its stage.
  explicit Ways(const std::vector<std::vector<std::size_t>>& inputs_of_source);

  /// The next node of the stage.
  Meeting add(const OperatorNode& node);

 private:
  /// How rows get to a place: behind a node, or at one of its inputs.
  struct Way {
    /// Inputs of the task whose rows may get here.
    std::set<std::size_t> fed_by;
    /// Equal where clocks are the same.
    std::size_t clock = 0;
    /// Through row-wise nodes only.
    bool row_wise = true;
  };

  std::vector<Way> ways_to(const OperatorNode& node) const;
  /// Inputs of the task whose rows go to side inputs, to come out again at any time.
  std::set<std::size_t> fed_aside(const OperatorNode& node) const;
  /// Inputs of the task that come by several ways.
  static std::set<std::size_t> meeting(const std::vector<Way>& ways,
                                       const std::set<std::size_t>& aside);
  /// Nothing when rows that meet cannot be put together.
  static std::vector<Meeting::Group> groups(const std::vector<Way>& ways,
                                            const std::set<std::size_t>& meeting,
                                            const std::set<std::size_t>& aside);
  /// The minimum over clocks, as one.
  std::size_t merged_clock(const std::vector<Way>& ways);

  const std::vector<std::vector<std::size_t>>& inputs_of_source_;
  std::vector<Way> behind_;  // by node
  std::size_t clocks_ = 0;
  std::map<std::set<std::size_t>, std::size_t> merged_;
};

}  // namespace sitrep
