#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/http/server.h"

struct ssl_st;

namespace waypost::http {

/// An answer as it came over the wire. Field names in lower case.
struct Answer {
  unsigned status = 0;
  std::map<std::string, std::string> fields = {};
  std::string body = {};
  bool Says(const std::string& name, const std::string& value) const {
    const auto at = fields.find(name);
    return at != fields.end() && at->second == value;
  }
};

/// How a client speaks TLS.
struct ClientTls {
  std::vector<std::string> protocols = {};  ///< ALPN
  int version_max = 0;                      ///< OpenSSL's number; 0: any
};

/// A raw blocking client. All waits have a deadline.
class Client {
 public:
  explicit Client(const std::string& address, int receive_buffer = 0);
  /// By TLS, whatever the server's certificate is; throws when the handshake fails.
  Client(const std::string& address, const ClientTls& tls, int receive_buffer = 0);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Whether all bytes could be given to the kernel.
  bool Send(std::string_view bytes);
  /// Sends what fits without waiting; how much that was.
  std::size_t SendSome(std::string_view bytes);
  /// Exactly `size` bytes, or fewer at the end of the stream.
  std::string Receive(std::size_t size);
  /// What has come by now, at least a byte; empty at the end of the stream, or when nothing comes in time.
  std::string ReceiveSome();
  /// Next answer; none when the connection ends or nothing comes in time. `head_only`: the answer to HEAD.
  std::optional<Answer> Read(bool head_only = false);
  std::optional<Answer> Ask(std::string_view request) {
    Send(request);
    return Read();
  }
  /// Whether the server closes within `limit`; received bytes are dropped.
  bool ClosedWithin(std::chrono::milliseconds limit);
  void ShutdownSend();
  /// Closes with a reset instead of a FIN.
  void Reset();
  void Close();
  /// By TLS: what was agreed on, and whom the server's certificate is made out to.
  std::string protocol() const;
  std::string server_name() const;
  /// By TLS: whether the end was announced (close_notify). After the end.
  bool EndedInOrder() const;

 private:
  bool Fill(std::chrono::steady_clock::time_point until);
  void StartTls(const ClientTls& tls);
  long Take(char* to, std::size_t size);
  int fd_ = -1;
  ssl_st* ssl_ = nullptr;
  bool ended_ = false;
  std::string held_;
};

/// A handler made of a function.
class FunctionHandler final : public Handler {
 public:
  using Function = std::function<Progress(const Request&, Response&, Later&)>;
  explicit FunctionHandler(Function function) : function_(std::move(function)) {}
  Progress Serve(const Request& request, Response& response, Later& later) override {
    return function_(request, response, later);
  }

 private:
  Function function_;
};

/// Answers with a line for each thing that a request says, so that a test sees how it was understood.
Progress Echo(const Request& request, Response& response, Later& later);

/// A running server on a free port.
struct Running {
  explicit Running(FunctionHandler::Function function, Options options = {});
  FunctionHandler handler;
  std::unique_ptr<Server> server;
  std::string address;  ///< of the first listener
  std::string https;    ///< the same by TLS
};

std::string Post(std::string_view path, std::string_view body);

/// Whether `holds` comes true before a deadline that only a broken server reaches.
bool Eventually(const std::function<bool()>& holds);

}  // namespace waypost::http
