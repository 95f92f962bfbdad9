#include "http/h2_client.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>

namespace waypost::http {
namespace {

std::string Text(const std::uint8_t* bytes, std::size_t size) { return {reinterpret_cast<const char*>(bytes), size}; }

nghttp2_nv Pair(const std::string& name, const std::string& value) {
  auto* const name_octets = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
  auto* const value_octets = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
  return {name_octets, value_octets, name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

struct H2Client::Callbacks {
  static int Header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    H2Answer& answer = static_cast<H2Client*>(user)->answers_[frame->hd.stream_id];
    if (Text(name, name_size) == ":status") {
      answer.interim = answer.status;
      answer.status = static_cast<unsigned>(std::stoi(Text(value, value_size)));
    } else {
      answer.fields[Text(name, name_size)] = Text(value, value_size);
    }
    return 0;
  }
  static int Data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                  void* user) {
    static_cast<H2Client*>(user)->answers_[id].body.append(Text(bytes, size));
    return 0;
  }
  static int Frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& self = *static_cast<H2Client*>(user);
    if (frame->hd.type == NGHTTP2_GOAWAY) self.goaway_ = frame->goaway.error_code;
    const bool content = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (content && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) self.answers_[frame->hd.stream_id].ended = true;
    return 0;
  }
  static int Closed(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
    static_cast<H2Client*>(user)->answers_[id].closed = code;
    return 0;
  }
  static ssize_t Read(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t room, std::uint32_t* flags,
                      nghttp2_data_source* source, void*) {
    Body& body = *static_cast<Body*>(source->ptr);
    const std::size_t count = std::min(room, body.bytes.size() - body.sent);
    if (count == 0 && body.half) return NGHTTP2_ERR_DEFERRED;
    std::memcpy(to, body.bytes.data() + body.sent, count);
    body.sent += count;
    if (body.sent == body.bytes.size() && !body.half) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }
};

H2Client::H2Client(const std::string& address, H2Manners manners)
    : client_(address, ClientTls{.protocols = {"h2"}}, manners.receive_buffer) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::Header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::Data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::Frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::Closed);
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, manners.takes ? 0 : 1);
  nghttp2_session_client_new2(&session_, callbacks, this, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry settings = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, manners.window};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &settings, 1);
  Flush();
}

H2Client::~H2Client() { nghttp2_session_del(session_); }

std::int32_t H2Client::Submit(const std::string& method, const std::string& path, const H2Fields& fields, Body* body) {
  const H2Fields pseudo = {{":method", method}, {":scheme", "https"}, {":authority", "h"}, {":path", path}};
  std::vector<nghttp2_nv> all;
  for (const auto& [name, value] : pseudo) all.push_back(Pair(name, value));
  for (const auto& [name, value] : fields) all.push_back(Pair(name, value));
  nghttp2_data_provider provider = {};
  provider.source.ptr = body;
  provider.read_callback = Callbacks::Read;
  const std::int32_t stream =
      nghttp2_submit_request(session_, nullptr, all.data(), all.size(), body == nullptr ? nullptr : &provider, nullptr);
  Flush();
  return stream;
}

std::int32_t H2Client::Request(const std::string& method, const std::string& path, H2Fields fields) {
  return Submit(method, path, fields, nullptr);
}

std::int32_t H2Client::Post(const std::string& path, std::string body, H2Fields fields) {
  return Submit("POST", path, fields, &bodies_.emplace_back(Body{std::move(body), false}));
}

std::int32_t H2Client::PostHalf(const std::string& path, std::string body, H2Fields fields) {
  return Submit("POST", path, fields, &bodies_.emplace_back(Body{std::move(body), true}));
}

void H2Client::Reset(std::int32_t stream, std::uint32_t code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, code);
  Flush();
}

bool H2Client::Ping(unsigned times) {
  for (unsigned i = 0; i < times; ++i) nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
  return Flush();
}

bool H2Client::Flush() {
  std::string all;
  const std::uint8_t* bytes = nullptr;
  ssize_t size = 0;
  while ((size = nghttp2_session_mem_send(session_, &bytes)) > 0) all += Text(bytes, static_cast<std::size_t>(size));
  return size == 0 && (all.empty() || client_.Send(all));
}

bool H2Client::ReadUntil(const std::function<bool()>& holds) {
  while (!holds()) {
    const std::string bytes = client_.ReceiveSome();
    if (bytes.empty()) return false;
    if (nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()) < 0) {
      return false;
    }
    Flush();
  }
  return true;
}

H2Answer H2Client::Wait(std::int32_t stream) {
  ReadUntil([this, stream] { return answers_[stream].closed.has_value(); });
  return answers_[stream];
}

}  // namespace waypost::http
