#include "transfer/record_sequence.h"

namespace waypost::transfer {

void RecordSequence::Add(std::shared_ptr<const Records> records) { sources_.emplace_back(std::move(records)); }

void RecordSequence::Add(FixedZone zone) {
  if (zone.zone != nullptr) sources_.emplace_back(std::move(zone));
}

const Record* RecordSequence::Next() {
  for (;;) {
    const Record* record = nullptr;
    if (auto* records = std::get_if<Records::Cursor>(&cursor_)) record = records->Next();
    if (auto* fixed = std::get_if<FixedCursor>(&cursor_)) record = fixed->Next();
    if (record != nullptr || next_ == sources_.size()) return record;
    const Source& source = sources_[next_++];
    if (const auto* records = std::get_if<std::shared_ptr<const Records>>(&source)) {
      cursor_.emplace<Records::Cursor>(**records);
    } else {
      cursor_.emplace<FixedCursor>(*std::get<FixedZone>(source).zone);
    }
  }
}

}  // namespace waypost::transfer
