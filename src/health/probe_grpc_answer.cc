#include "health/probe_grpc_answer.h"

#include <nghttp2/nghttp2.h>

#include <array>
#include <charconv>
#include <cstring>
#include <new>

#include "health/probe_words.h"

namespace waypost::health {
namespace {

constexpr std::size_t kFieldMax = 128;     // kept of a header field's value
constexpr std::size_t kFrameHead = 9;      // of an HTTP/2 frame
constexpr std::size_t kMessageHead = 5;    // of a gRPC message: compressed or not, size
constexpr std::size_t kMessageMax = 4096;  // a HealthCheckResponse has two octets
constexpr std::uint32_t kHeaderListMax = 16 << 10;
constexpr std::string_view kPath = "/grpc.health.v1.Health/Check";

constexpr std::array<std::string_view, 17> kStatusNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

std::string GrpcMessage(const std::string& service) {
  const std::string message = HealthCheckRequestMessage(service);
  const auto size = static_cast<std::uint32_t>(message.size());
  std::string framed(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) framed += static_cast<char>(size >> shift & 0xff);
  return framed + message;
}

nghttp2_nv Field(std::string_view name, std::string_view value) {
  // nghttp2 copies both and writes to neither.
  auto* const name_octets = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
  auto* const value_octets = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
  return {name_octets, value_octets, name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

/// nghttp2's side: the one stream's fields and message as they come in.
class GrpcAnswer::Session {
 public:
  explicit Session(const GrpcQuestion& question) : message_out_(GrpcMessage(question.service)) {
    nghttp2_session_callbacks* callbacks = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) throw std::bad_alloc();
    nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
    const int made = nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    if (made != 0) throw std::bad_alloc();
    Submit(question);
  }
  ~Session() { nghttp2_session_del(session_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  std::string TakeOutput() {
    std::string output;
    const std::uint8_t* bytes = nullptr;
    for (;;) {
      const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
      if (size <= 0) return output;
      output.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
  }

  bool Receive(std::string_view bytes) {
    const auto* octets = reinterpret_cast<const std::uint8_t*>(bytes.data());
    return nghttp2_session_mem_recv(session_, octets, bytes.size()) >= 0;
  }

  /// No: nghttp2 has given the connection up.
  bool alive() const { return nghttp2_session_want_read(session_) != 0; }

  bool closed = false;  ///< the stream
  std::uint32_t close_error = 0;
  std::string http_status;
  std::string content_type;
  std::string grpc_status;
  std::string message;

 private:
  static std::string* Wanted(Session& self, std::string_view name) {
    if (name == ":status") return &self.http_status;
    if (name == "content-type") return &self.content_type;
    return name == "grpc-status" ? &self.grpc_status : nullptr;
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name, std::size_t name_size,
                      const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* self) {
    std::string* kept = Wanted(*static_cast<Session*>(self), {reinterpret_cast<const char*>(name), name_size});
    if (kept != nullptr) kept->assign(reinterpret_cast<const char*>(value), std::min(value_size, kFieldMax));
    return 0;
  }

  static int OnData(nghttp2_session*, std::uint8_t, std::int32_t, const std::uint8_t* data, std::size_t size,
                    void* self) {
    std::string& message = static_cast<Session*>(self)->message;
    const std::size_t room = kMessageHead + kMessageMax + 1 - message.size();  // one more shows that it is too large
    message.append(reinterpret_cast<const char*>(data), std::min(size, room));
    return 0;
  }

  static int OnClose(nghttp2_session*, std::int32_t, std::uint32_t error, void* self) {
    static_cast<Session*>(self)->closed = true;
    static_cast<Session*>(self)->close_error = error;
    return 0;
  }

  static ssize_t ReadMessage(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t room, std::uint32_t* flags,
                             nghttp2_data_source*, void* self) {
    std::string& rest = static_cast<Session*>(self)->message_out_;
    const std::size_t size = std::min(room, rest.size());
    std::memcpy(to, rest.data(), size);
    rest.erase(0, size);
    if (rest.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  void Submit(const GrpcQuestion& question) {
    const std::array<nghttp2_settings_entry, 2> settings = {
        {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}, {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kHeaderListMax}}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    const std::array<nghttp2_nv, 7> fields = {Field(":method", "POST"),
                                              Field(":scheme", "http"),
                                              Field(":path", kPath),
                                              Field(":authority", question.authority),
                                              Field("te", "trailers"),
                                              Field("content-type", "application/grpc"),
                                              Field("user-agent", "waypost-health-check")};
    nghttp2_data_provider body = {};
    body.read_callback = ReadMessage;
    nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), &body, nullptr);
  }

  nghttp2_session* session_ = nullptr;
  std::string message_out_;
};

GrpcAnswer::GrpcAnswer(GrpcQuestion question) : session_(std::make_unique<Session>(question)) {}
GrpcAnswer::~GrpcAnswer() = default;

std::string GrpcAnswer::TakeOutput() {
  std::string output = std::move(output_);
  output_.clear();
  return output + session_->TakeOutput();
}

Reading GrpcAnswer::Feed(std::string_view bytes) {
  const std::string_view taken = bytes.substr(0, kBytesMax - fed_);
  fed_ += taken.size();
  if (begin_.size() < kFrameHead) {
    begin_.append(taken.substr(0, kFrameHead - begin_.size()));
    // A server begins with SETTINGS (RFC 9113 3.4); nghttp2 would read on and on in the frame that it takes text for.
    if (begin_.size() > 3 && begin_[3] != NGHTTP2_SETTINGS) return Bad("not HTTP/2");
  }
  const bool received = session_->Receive(taken);
  if (session_->closed) return Judge();
  if (!received) return Bad("broken HTTP/2");
  if (fed_ == kBytesMax) return Bad("its answer is larger than 64 KiB");
  output_ += session_->TakeOutput();  // only when its last frame is out does nghttp2 say that it has given up
  return session_->alive() ? Reading::kMore : Bad("broken HTTP/2");
}

Reading GrpcAnswer::End() {
  return Bad(session_->http_status.empty() ? "closed by peer before an answer" : "closed by peer amid the answer");
}

Reading GrpcAnswer::Judge() {
  if (!session_->grpc_status.empty() && session_->grpc_status != "0") {
    const std::string& text = session_->grpc_status;
    unsigned number = kStatusNames.size();
    std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view name = number < kStatusNames.size() ? kStatusNames[number] : std::string_view("unknown");
    return Bad("grpc-status " + Shortened(text, 8) + " " + std::string(name));
  }
  if (session_->close_error != NGHTTP2_NO_ERROR) {
    return Bad(std::string("the call was reset with ") + nghttp2_http2_strerror(session_->close_error));
  }
  if (session_->http_status != "200") return Bad("HTTP status " + Shortened(session_->http_status, 8));
  if (!session_->content_type.starts_with("application/grpc")) {
    return Bad("not gRPC but " + (session_->content_type.empty() ? "of no content type" : session_->content_type));
  }
  if (session_->grpc_status.empty()) return Bad("no grpc-status in the answer");
  return JudgeMessage();
}

Reading GrpcAnswer::JudgeMessage() {
  const std::string& framed = session_->message;
  if (framed.empty()) return Bad("no message in the answer");
  std::size_t size = 0;
  for (std::size_t i = 1; i < kMessageHead && i < framed.size(); ++i) {
    size = size << 8 | static_cast<std::uint8_t>(framed[i]);
  }
  // We accept no compression, so the first octet is 0.
  const bool whole = framed.size() >= kMessageHead && framed[0] == 0 && framed.size() == kMessageHead + size;
  switch (whole ? ReadServingStatus(std::string_view(framed).substr(kMessageHead)) : -1) {
    case -1:
      return Bad("its message is broken");
    case 0:
      return Bad("UNKNOWN");
    case 1:
      return Reading::kGood;
    case 2:
      return Bad("NOT_SERVING");
    case 3:
      return Bad("SERVICE_UNKNOWN");
    default:
      return Bad("a status that grpc.health.v1 does not have");
  }
}

Reading GrpcAnswer::Bad(std::string why) {
  why_ = std::move(why);
  return Reading::kBad;
}

}  // namespace waypost::health
