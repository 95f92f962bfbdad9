#pragma once

#include <cstdint>
#include <vector>

#include "transfer/record_sequence.h"
#include "waypost/dns/transfers.h"

namespace waypost::transfer {

/// A transfer's messages: each repeats the question, then as many records as fit. About 16 KiB each, so that every name
/// in it can be pointed to (RFC 1035 4.1.4); more only for a record that needs it.
class Messages final : public dns::TransferMessages {
 public:
  static constexpr std::size_t kOctets = 0x4000;

  Messages(std::vector<std::uint8_t> head, RecordSequence records);
  std::size_t Next(std::uint8_t* out, std::size_t room) override;

 private:
  std::vector<std::uint8_t> head_;
  RecordSequence records_;
  const Record* pending_;
};

}  // namespace waypost::transfer
