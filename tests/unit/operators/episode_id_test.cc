// SPDX-License-Identifier: Apache-2.0
// The id of an episode is the same wherever and whenever it is made, and of no other episode.
#include "operators/episode_id.h"

#include <gmock/gmock.h>

#include <set>

#include "operators/alert_state.h"

namespace sitrep {
namespace {

using namespace std::string_literals;

TEST(EpisodeId, is_made_of_what_the_episode_is) {
  const std::set<std::string> ids = {episode_id("fleet", "speeding", "V1", 1, 0),
                                     episode_id("fleets", "peeding", "V1", 1, 0),
                                     episode_id("flee", "speeding", "V1", 1, 0),
                                     episode_id("fleet", "silent", "V1", 1, 0),
                                     episode_id("fleet", "speeding", "V2", 1, 0),
                                     episode_id("fleet", "speeding", "V1\0"s, 1, 0),
                                     episode_id("fleet", "speeding", "V1", 2, 0),
                                     episode_id("fleet", "speeding", "V1", -1, 0),
                                     episode_id("fleet", "speeding", "V1", 1, 1),
                                     episode_id("", "", "", 0, 0)};
  EXPECT_EQ(ids.size(), 10U);
  for (const std::string& id : ids) {
    EXPECT_EQ(id.size(), 26U) << id;
    EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos) << id;
  }
}

TEST(EpisodeId, stays_what_it_was) {
  // Of an earlier version: readers keep ids.
  EXPECT_EQ(episode_id("fleet", "speeding", "V1", 1'772'352'000'000'000, 0),
            "fm23wmpi2dkcflayuiuwhhwimm");
  EXPECT_EQ(episode_id("", "", "", 0, 0), "cdsfy7hcfersa5b57fhojr4kfi");
}

TEST(EpisodeId, episodes_of_one_instant_are_counted) {
  AlertState state;
  state.begin_episode(0);
  EXPECT_EQ(state.same_instant, 0U);
  state.revision = 2;
  state.begin_episode(0);
  EXPECT_EQ(state.same_instant, 1U);
  EXPECT_EQ(state.revision, 0U);
  state.revision = 2;
  state.begin_episode(0);
  EXPECT_EQ(state.same_instant, 2U);
  state.revision = 2;
  state.begin_episode(5);
  EXPECT_EQ(state.same_instant, 0U);
  EXPECT_EQ(state.raised_at, 5);
}

}  // namespace
}  // namespace sitrep
