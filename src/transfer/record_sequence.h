#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "transfer/fixed_zone.h"
#include "transfer/records.h"

namespace waypost::transfer {

/// Records of several sources, one source after another; keeps all of them alive.
class RecordSequence {
 public:
  void Add(std::shared_ptr<const Records> records);
  void Add(FixedZone zone);
  /// Null: that was all. Valid until the next call.
  const Record* Next();

 private:
  using Source = std::variant<std::shared_ptr<const Records>, FixedZone>;
  std::vector<Source> sources_;
  std::size_t next_ = 0;
  std::variant<std::monostate, Records::Cursor, FixedCursor> cursor_;
};

}  // namespace waypost::transfer
