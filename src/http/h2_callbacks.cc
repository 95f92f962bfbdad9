#include "http/h2_callbacks.h"

#include <exception>
#include <new>

#include "http/h2_limits.h"

namespace waypost::http {
namespace {

std::string_view Text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

bool IsRequestHead(const nghttp2_frame& frame) {
  return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}

bool EndsStream(const nghttp2_frame& frame) {
  return (frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA) &&
         (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

/// No exception may pass through nghttp2.
template <class Function>
int Guarded(const Function& function) {
  try {
    function();
    return 0;
  } catch (const std::exception&) {  // no memory
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
}

using CallbacksPointer = std::unique_ptr<nghttp2_session_callbacks, decltype(&nghttp2_session_callbacks_del)>;
using OptionPointer = std::unique_ptr<nghttp2_option, decltype(&nghttp2_option_del)>;

OptionPointer MakeOptions() {
  nghttp2_option* made = nullptr;
  if (nghttp2_option_new(&made) != 0) throw std::bad_alloc();
  OptionPointer options(made, nghttp2_option_del);
  nghttp2_option_set_max_outbound_ack(made, kAcknowledgementsMax);
  nghttp2_option_set_max_settings(made, kSettingsMax);
  nghttp2_option_set_no_closed_streams(made, 1);  // they would be kept for priorities only
  return options;
}

}  // namespace

void H2Session::MakeSession() {
  nghttp2_session_callbacks* made = nullptr;
  if (nghttp2_session_callbacks_new(&made) != 0) throw std::bad_alloc();
  const CallbacksPointer callbacks(made, nghttp2_session_callbacks_del);
  nghttp2_session_callbacks_set_on_begin_headers_callback(made, Callbacks::BeginHeaders);
  nghttp2_session_callbacks_set_on_header_callback(made, Callbacks::Header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, Callbacks::Data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(made, Callbacks::FrameReceived);
  nghttp2_session_callbacks_set_on_frame_send_callback(made, Callbacks::FrameSent);
  nghttp2_session_callbacks_set_on_stream_close_callback(made, Callbacks::Closed);
  const OptionPointer options = MakeOptions();
  if (nghttp2_session_server_new2(&session_, made, this, options.get()) != 0) throw std::bad_alloc();
  const Limits& limits = worker_.limits();
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams_max},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits.header_bytes_max)}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
}

int H2Session::Callbacks::BeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  if (!IsRequestHead(*frame)) return 0;  // trailers
  auto& self = *static_cast<H2Session*>(user);
  return Guarded([&self, frame] { self.Begin(frame->hd.stream_id); });
}

int H2Session::Callbacks::Header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                                 std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                                 void* user) {
  auto& self = *static_cast<H2Session*>(user);
  H2Stream* stream = IsRequestHead(*frame) ? self.Find(frame->hd.stream_id) : nullptr;
  if (stream == nullptr || stream->phase != H2Stream::Phase::kReading) return 0;
  return Guarded([&] { self.TakeField(*stream, {Text(name, name_size), Text(value, value_size)}); });
}

int H2Session::Callbacks::Data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                               std::size_t size, void* user) {
  auto& self = *static_cast<H2Session*>(user);
  H2Stream* stream = self.Find(id);
  if (stream == nullptr || stream->phase != H2Stream::Phase::kReading) return 0;
  return Guarded([&] { self.TakeBody(*stream, Text(bytes, size)); });
}

int H2Session::Callbacks::FrameReceived(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  auto& self = *static_cast<H2Session*>(user);
  H2Stream* stream = self.Find(frame->hd.stream_id);
  if (stream == nullptr) return 0;
  return Guarded([&] {
    if (IsRequestHead(*frame) && stream->phase == H2Stream::Phase::kReading) self.TakeHead(*stream);
    if (EndsStream(*frame) && stream->phase == H2Stream::Phase::kReading) self.TakeEnd(*stream);
  });
}

int H2Session::Callbacks::FrameSent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  if (!EndsStream(*frame)) return 0;
  auto& self = *static_cast<H2Session*>(user);
  H2Stream* stream = self.Find(frame->hd.stream_id);
  if (stream == nullptr) return 0;
  stream->answered = true;
  // What is left of a request that was answered early is not wanted (RFC 9113 8.1).
  if (nghttp2_session_get_stream_remote_close(session, stream->id()) == 0) self.Reset(*stream, NGHTTP2_NO_ERROR);
  return 0;
}

int H2Session::Callbacks::Closed(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
  static_cast<H2Session*>(user)->Forget(id);
  return 0;
}

ssize_t H2Session::Callbacks::Read(nghttp2_session*, std::int32_t id, std::uint8_t* to, std::size_t room,
                                   std::uint32_t* flags, nghttp2_data_source*, void* user) {
  auto& self = *static_cast<H2Session*>(user);
  H2Stream* stream = self.Find(id);
  if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  char* const bytes = reinterpret_cast<char*>(to);
  return stream->output ? self.ReadPieces(*stream, bytes, room, *flags) : self.ReadBody(*stream, bytes, room, *flags);
}

}  // namespace waypost::http
