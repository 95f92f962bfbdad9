#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "waypost/dns/address.h"
#include "waypost/dns/protocol.h"

namespace waypost::dns {

/// A question for a whole zone (RFC 5936) or for what changed in it (RFC 1995), whose signature was good if it had one.
struct TransferQuestion {
  std::string zone = {};  ///< canonical wire form
  bool incremental = false;
  std::uint32_t serial = 0;          ///< what an incremental one has already
  std::vector<std::uint8_t> head{};  ///< the query's header and question, as asked
  Address client = {};
  Address local = {};    ///< the address that was asked
  std::string key = {};  ///< canonical wire form of the TSIG key that signed it; empty: unsigned
};

/// The messages of one transfer, all of one version of the zone, made one after another as they are sent. Used by one
/// thread at a time; keeps that version alive.
class TransferMessages {
 public:
  virtual ~TransferMessages() = default;
  /// Writes the next whole message, at most `room` octets (512 or more), signatures not included; returns its size. 0:
  /// that was all.
  virtual std::size_t Next(std::uint8_t* out, std::size_t room) = 0;
};

/// What became of a question: its messages, or (null) the response code that says why there are none.
struct Transfer {
  std::unique_ptr<TransferMessages> messages = {};
  Rcode refused = Rcode::kRefused;
  ExtendedError extended_error = ExtendedError::kNone;
};

/// Where zone transfers come from. Safe from any thread.
class Transfers {
 public:
  virtual ~Transfers() = default;
  /// Calls `done` once, on a thread of its own, soon: kRefused when this client may not (or not without its key),
  /// kNotAuth when the zone is not ours.
  virtual void Begin(TransferQuestion question, std::function<void(Transfer)> done) = 0;
};

}  // namespace waypost::dns
