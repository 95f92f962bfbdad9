#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waypost::http {

/// One header field of a request. Borrowed.
struct Field {
  std::string_view name;
  std::string_view value;
};

/// A request as handlers see it. Everything is borrowed from the session's buffers and valid until Serve returns; a
/// handler that answers later copies what it needs.
struct Request {
  std::string_view method;  ///< as sent: "POST"
  std::string_view path;   ///< of the origin form, still percent-encoded: "/v1/explain"; absolute-form is reduced to it
  std::string_view query;  ///< behind `?`, may be empty
  std::string_view host;   ///< Host field (or authority of an absolute-form target), port included
  std::string_view target;  ///< X-Amz-Target, empty when absent
  std::string_view content_type;
  std::string_view body;
  const std::vector<Field>* fields = nullptr;  ///< all header fields in order, for signatures and rarer needs
  std::string_view peer;                       ///< textual address of the client, without port
  std::string_view local;                      ///< the same of the address that the client connected to
  unsigned worker = 0;                         ///< index of the serving thread, 0…threads-1: selects per-thread state
  bool encrypted = false;                      ///< came by TLS

  /// First field of that name without regard to case, or empty.
  std::string_view Header(std::string_view name) const;
};

/// An answer. `body` is the session's own buffer for answers made at once: its capacity is reused, so append to it.
struct Response {
  unsigned status = 200;
  std::string_view content_type = "application/json";  ///< static storage
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> fields;  ///< further header fields; names in static storage
  std::string request_id;  ///< sent as `x-amzn-RequestId` unless empty; like `body`, its capacity is reused
  bool close = false;      ///< close the connection behind this answer

  void Clear() {
    status = 200;
    content_type = "application/json";
    body.clear();
    fields.clear();
    request_id.clear();
    close = false;
  }
};

class Mailbox;

/// The promise of an answer that is made later, on any thread. Copyable; the first Send counts, later ones do nothing,
/// and when the client has gone meanwhile it is dropped. All answers that one thread sends in a row to one worker wake
/// it once.
class Deferred {
 public:
  struct State;
  Deferred() = default;
  explicit Deferred(std::shared_ptr<State> state) : state_(std::move(state)) {}
  /// Thread-safe, never blocks on the network.
  void Send(Response response) const;

 private:
  std::shared_ptr<State> state_;
};

/// An answer whose body has no known end: written piece by piece, from any thread, for as long as both sides like.
/// Copyable. The session ends it when the client goes, when the server stops, or when a client falls so far behind that
/// Limits::stream_bytes_max wait for it; then open() becomes false and what is written is dropped.
class Stream {
 public:
  struct State;
  Stream() = default;
  explicit Stream(std::shared_ptr<State> state) : state_(std::move(state)) {}
  /// Thread-safe, never blocks. False: nobody reads any more.
  bool Write(std::string piece) const;
  /// Ends the body in good order. When all copies are gone the stream is closed too.
  void Close() const;
  bool open() const;
  /// Bytes that were written and that the client's connection has not taken yet: who has much to say paces itself by
  /// it.
  std::size_t waiting() const;

 private:
  std::shared_ptr<State> state_;
};

/// What Serve did with a request.
enum class Progress : std::uint8_t {
  kDone,    ///< the response is complete
  kStream,  ///< the response's head is complete, the handler kept a Stream (from Later::BeginStream) and writes the
            ///< body
  kLater,  ///< the handler kept a Deferred (from Later::Defer) and will Send; if all its copies go without, it is a 500
};

/// Lets a handler answer later; allocates only then.
class Later {
 public:
  virtual Deferred Defer() = 0;
  /// The body will be streamed: Serve fills status and fields of the response and returns kStream. HTTP/1.1 clients get
  /// chunks (RFC 9112 7.1), HTTP/1.0 clients a body that ends with the connection, HTTP/2 clients DATA frames.
  virtual Stream BeginStream() = 0;

 protected:
  ~Later() = default;
};

/// Serves requests. Called on worker threads, several at once; must not block on anything but memory.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual Progress Serve(const Request& request, Response& response, Later& later) = 0;
};

}  // namespace waypost::http
