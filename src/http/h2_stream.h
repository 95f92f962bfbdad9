#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/request_head.h"
#include "http/stream.h"
#include "http/types.h"
#include "waypost/http/message.h"

namespace waypost::http {

class H2Session;

/// One request on an HTTP/2 connection, from its first header field to the last octet of its answer.
class H2Stream final : public Later {
 public:
  enum class Phase : std::uint8_t {
    kReading,    ///< the request comes in
    kWaiting,    ///< for a revision, or for an answer that is made later
    kAnswering,  ///< the answer is under way; what of the request still comes is dropped
  };

  H2Stream(H2Session& session, std::int32_t id) : session_(session), id_(id) {}

  std::int32_t id() const { return id_; }
  /// Takes a header field; false: the fields are larger than `bytes_max`, or too many.
  bool AddField(const Field& field, std::size_t bytes_max);
  /// The fields are all there. Null, or why the request is refused.
  const Refusal* EndFields();

  Deferred Defer() override;
  Stream BeginStream() override;

  Phase phase = Phase::kReading;
  Clock::time_point deadline = Clock::time_point::max();
  RequestHead head;
  std::string body;
  bool deferred = false;      ///< the handler took a Deferred
  bool without_body = false;  ///< of the answer
  bool answered = false;      ///< to its last octet
  Response response;
  std::size_t sent = 0;                  ///< of the response's body
  std::size_t sent_marked = 0;           ///< when the deadline was last moved
  std::unique_ptr<StreamOutput> output;  ///< while the answer's body is streamed

 private:
  struct Span {
    std::size_t name_size;
    std::size_t value_size;
  };
  enum Pseudo : std::size_t { kMethod, kPath, kAuthority, kPseudos };

  H2Session& session_;
  const std::int32_t id_;
  std::array<std::string, kPseudos> pseudo_;
  std::string text_;  // names and values of the fields, one behind the other
  std::vector<Span> spans_;
  std::size_t bytes_ = 0;
};

}  // namespace waypost::http
