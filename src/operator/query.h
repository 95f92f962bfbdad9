#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waypost/model/result.h"

namespace waypost::oper {

/// The parameters of a request: what stands behind `?`, decoded, in its order.
class Query {
 public:
  using Pair = std::pair<std::string, std::string>;
  static constexpr std::size_t kPairsMax = 128;

  /// `k=v&k=v` with %XX and `+` for a space. A key without `=` has an empty value; nothing between two `&` is nothing.
  /// Err: kInvalidInput (a bad escape, what is no UTF-8, control characters, more than kPairsMax).
  static model::Result<Query> Parse(std::string_view text);

  /// Value of the first pair with this key; null: none.
  const std::string* Find(std::string_view key) const;
  /// All of them; a key may stand several times.
  const std::vector<Pair>& pairs() const { return pairs_; }

 private:
  std::vector<Pair> pairs_;
};

/// One segment of a path, decoded: `+` is itself there. Err: kInvalidInput, as Query::Parse.
model::Result<std::string> DecodeSegment(std::string_view segment);

}  // namespace waypost::oper
