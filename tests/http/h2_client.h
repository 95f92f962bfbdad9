#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/client.h"

struct nghttp2_session;

namespace waypost::http {

using H2Fields = std::vector<std::pair<std::string, std::string>>;

/// What came of a request.
struct H2Answer {
  unsigned status = 0;
  unsigned interim = 0;  ///< a status before it
  std::map<std::string, std::string> fields = {};
  std::string body = {};
  bool ended = false;
  std::optional<std::uint32_t> closed = {};  ///< the stream, with this error code
  bool Says(const std::string& name, const std::string& value) const {
    const auto at = fields.find(name);
    return at != fields.end() && at->second == value;
  }
};

/// How a client is to behave.
struct H2Manners {
  std::uint32_t window = 65535;  ///< of each stream
  bool takes = true;             ///< widens windows as data comes
  int receive_buffer = 0;
};

/// A blocking HTTP/2 client over TLS, made of nghttp2. All waits have a deadline.
class H2Client {
 public:
  explicit H2Client(const std::string& address, H2Manners manners = {});
  ~H2Client();
  H2Client(const H2Client&) = delete;
  H2Client& operator=(const H2Client&) = delete;

  /// Sends a request; its stream.
  std::int32_t Get(const std::string& path, H2Fields fields = {}) { return Request("GET", path, std::move(fields)); }
  std::int32_t Request(const std::string& method, const std::string& path, H2Fields fields = {});
  std::int32_t Post(const std::string& path, std::string body, H2Fields fields = {});
  /// The same, but the body stays open for as long as the client lives.
  std::int32_t PostHalf(const std::string& path, std::string body, H2Fields fields = {});
  void Reset(std::int32_t stream, std::uint32_t code);
  /// Whether the connection takes it.
  bool Ping(unsigned times = 1);
  /// Sends what is due; false: the connection takes no more.
  bool Flush();

  /// Reads until `holds`; false when the connection ends or nothing comes in time.
  bool ReadUntil(const std::function<bool()>& holds);
  /// The answer of a stream, once it has ended.
  H2Answer Wait(std::int32_t stream);
  H2Answer& answer(std::int32_t stream) { return answers_[stream]; }
  const std::optional<std::uint32_t>& goaway() const { return goaway_; }
  Client& connection() { return client_; }

 private:
  struct Body {
    std::string bytes;
    bool half;
    std::size_t sent = 0;
  };
  struct Callbacks;
  std::int32_t Submit(const std::string& method, const std::string& path, const H2Fields& fields, Body* body);

  Client client_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, H2Answer> answers_;
  std::deque<Body> bodies_;
  std::optional<std::uint32_t> goaway_;
};

}  // namespace waypost::http
