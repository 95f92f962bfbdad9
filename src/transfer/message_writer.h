#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "transfer/records.h"

namespace waypost::transfer {

/// One message of a transfer under construction: header and question of the query, then answers. Nothing is written
/// past the limit.
class MessageWriter {
 public:
  /// `head`: the query's header and question, which must fit.
  MessageWriter(std::span<const std::uint8_t> head, std::uint8_t* out, std::size_t limit);
  /// False: it does not fit, and nothing has changed.
  bool Add(const Record& record);
  unsigned count() const { return count_; }
  /// Writes the header; returns the message's size.
  std::size_t Finish();

 private:
  /// A name that stands in the message: `literal` octets of it in full.
  struct Known {
    std::string name;
    std::size_t literal = 0;
    std::size_t at = 0;
  };
  enum Place { kQuestion, kOwner, kTarget, kPlaces };

  bool Write(const void* octets, std::size_t size);
  bool WriteFixed(const Record& record);
  bool WriteName(std::string_view name, Place place);
  bool WriteRdata(const Record& record);

  std::uint8_t* out_;
  std::size_t at_;
  std::size_t limit_;
  bool question_;
  unsigned count_ = 0;
  std::array<Known, kPlaces> known_;
};

}  // namespace waypost::transfer
