#include "health/probes/grpc_backend.h"

#include <nghttp2/nghttp2.h>
#include <sys/socket.h>

#include <cstring>
#include <string_view>
#include <vector>

namespace waypost::health {
namespace {

class Server {
 public:
  Server(const GrpcAnswering& answering, Connection& connection) : answering_(answering), connection_(connection) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name, std::size_t name_size,
                      const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* self) {
          const std::string field(reinterpret_cast<const char*>(name), name_size);
          if (field == ":path" || field == "content-type" || field == "te") {
            static_cast<Server*>(self)->seen.append(reinterpret_cast<const char*>(value), value_size) += '\n';
          }
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks,
        [](nghttp2_session*, std::uint8_t, std::int32_t, const std::uint8_t* data, std::size_t size, void* self) {
          static_cast<Server*>(self)->seen.append(reinterpret_cast<const char*>(data), size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
          const bool last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 && frame->hd.stream_id > 0;
          if (last) static_cast<Server*>(self)->Answer(frame->hd.stream_id);
          return 0;
        });
    nghttp2_session_server_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  ~Server() { nghttp2_session_del(session_); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void Run() {
    std::uint8_t buffer[4096];
    for (;;) {
      const std::uint8_t* bytes = nullptr;
      while (const ssize_t size = nghttp2_session_mem_send(session_, &bytes)) {
        if (size < 0) return;
        connection_.Send({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
      }
      const ssize_t got = ::recv(connection_.socket(), buffer, sizeof buffer, 0);
      if (got <= 0 || nghttp2_session_mem_recv(session_, buffer, static_cast<std::size_t>(got)) < 0) return;
    }
  }

  std::string seen;

 private:
  static nghttp2_nv Field(const char* name, std::string_view value) {
    return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name)),
            reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), std::strlen(name), value.size(),
            NGHTTP2_NV_FLAG_NONE};
  }

  static ssize_t Read(nghttp2_session* session, std::int32_t stream, std::uint8_t* to, std::size_t,
                      std::uint32_t* flags, nghttp2_data_source*, void* user) {
    const auto& self = *static_cast<Server*>(user);
    std::memcpy(to, self.answering_.message.data(), self.answering_.message.size());
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    std::vector<nghttp2_nv> trailers = {Field("grpc-message", "x")};
    if (!self.answering_.grpc_status.empty()) trailers.push_back(Field("grpc-status", self.answering_.grpc_status));
    nghttp2_submit_trailer(session, stream, trailers.data(), trailers.size());
    return static_cast<ssize_t>(self.answering_.message.size());
  }

  void Answer(std::int32_t stream) {
    if (answering_.reset) {
      nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, NGHTTP2_REFUSED_STREAM);
      return;
    }
    std::vector<nghttp2_nv> fields = {Field(":status", answering_.http_status),
                                      Field("content-type", answering_.content_type)};
    if (answering_.trailers_only) fields.push_back(Field("grpc-status", answering_.grpc_status));
    nghttp2_data_provider body = {};
    body.read_callback = Read;
    nghttp2_submit_response(session_, stream, fields.data(), fields.size(), answering_.trailers_only ? nullptr : &body);
  }

  const GrpcAnswering& answering_;
  Connection& connection_;
  nghttp2_session* session_ = nullptr;
};

}  // namespace

Backend::Serve ServeGrpc(GrpcAnswering answering, std::string* seen) {
  return [answering = std::move(answering), seen](Connection& connection) {
    Server server(answering, connection);
    server.Run();
    if (seen != nullptr) *seen = server.seen;
  };
}

}  // namespace waypost::health
