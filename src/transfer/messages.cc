#include "transfer/messages.h"

#include <algorithm>

#include "transfer/message_writer.h"

namespace waypost::transfer {

Messages::Messages(std::vector<std::uint8_t> head, RecordSequence records)
    : head_(std::move(head)), records_(std::move(records)), pending_(records_.Next()) {}

std::size_t Messages::Next(std::uint8_t* out, std::size_t room) {
  for (const std::size_t limit : {std::min(room, kOctets), room}) {
    if (pending_ == nullptr) return 0;
    MessageWriter writer(head_, out, limit);
    while (pending_ != nullptr && writer.Add(*pending_)) pending_ = records_.Next();
    if (writer.count() != 0) return writer.Finish();
  }
  // No message can hold this record. Without its last SOA the client knows that the transfer is not whole.
  pending_ = nullptr;
  return 0;
}

}  // namespace waypost::transfer
